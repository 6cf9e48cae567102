/** A picture of the service: plain where it is open to all, fetched with the token where it is not. */

import { useEffect, useRef, useState } from "preact/hooks";
import { ask, token } from "../api/client";
import { comebacks } from "../state/store";

interface Properties {
  src: string;
  alt: string;
  class?: string;
  testid?: string;
  lazy?: boolean;
  style?: Record<string, string>;
}

export function Picture({ src, alt, class: name = "", testid, lazy = false, style }: Properties) {
  const held = useFetched(src, lazy);
  const [ended, setEnded] = useState<{ address: string | null; well: boolean; turn: number } | null>(null);
  const turn = comebacks.value; // what failed while the service was away is asked for again
  const isEnded = ended !== null && ended.address === held.address && (ended.well || ended.turn === turn);
  const state = held.failed || (isEnded && !ended.well) ? "missing" : isEnded ? "there" : "loading";
  const common = {
    class: `picture ${name}`,
    "data-state": state,
    "data-testid": testid,
    ref: held.place,
    ...(style && { style }),
  };
  if (state === "missing") {
    return (
      <span {...common} role="img" aria-label={`${alt} (its pixels cannot be read)`}>
        <span class="picture-missing">no picture</span>
      </span>
    );
  }
  return (
    <span {...common}>
      {held.address && (
        <img
          src={held.address}
          alt={alt}
          loading={lazy ? "lazy" : "eager"}
          decoding="async"
          draggable={false}
          onLoad={() => setEnded({ address: held.address, well: true, turn })}
          onError={() => setEnded({ address: held.address, well: false, turn })}
        />
      )}
    </span>
  );
}

/** Return an address that an <img> can show; with a token the picture is fetched once it comes near. */
function useFetched(src: string, lazy: boolean) {
  const place = useRef<HTMLSpanElement>(null);
  const guarded = token() !== null && !src.startsWith("blob:");
  const [fetched, setFetched] = useState<{ of: string; url: string | null } | null>(null);
  useEffect(() => {
    if (!guarded) return;
    let url: string | null = null;
    const gone = new AbortController();
    const get = async () => {
      try {
        const blob = await (await ask(src, { signal: gone.signal })).blob();
        url = URL.createObjectURL(blob);
        setFetched({ of: src, url });
      } catch {
        if (!gone.signal.aborted) setFetched({ of: src, url: null });
      }
    };
    const watcher = new IntersectionObserver((entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      watcher.disconnect();
      void get();
    });
    if (lazy && place.current) watcher.observe(place.current);
    else void get();
    return () => {
      gone.abort();
      watcher.disconnect();
      if (url) URL.revokeObjectURL(url);
    };
  }, [src, guarded]);
  if (!guarded) return { place, address: src, failed: false };
  const mine = fetched?.of === src ? fetched : null;
  return { place, address: mine?.url ?? null, failed: mine !== null && mine.url === null };
}
