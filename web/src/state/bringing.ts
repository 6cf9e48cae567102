/** Bringing a picture: dropped, pasted or chosen; refused kindly before it is sent where it is too large. */
import { bringImage } from "../api/service";
import { megabytes } from "../reading/format";
import { add } from "./going";
import * as store from "./store";

const KINDS = /^image\/(png|jpe?g|tiff|webp|jp2|jpx)$/;
const ENDINGS = /\.(png|jpe?g|tiff?|webp|jp2|j2k)$/i;
const USUAL_LIMIT = 20_000_000;

/** Say what is wrong with a file, or null where it may be sent. */
export function refusal(file: { name: string; type: string; size: number }, limit: number): string | null {
  if (!KINDS.test(file.type) && !ENDINGS.test(file.name)) {
    return `“${file.name}” is not a picture the service reads. Bring a PNG, JPEG, TIFF, WebP or JPEG 2000.`;
  }
  if (file.size > limit) {
    const most = megabytes(limit);
    return `“${file.name}” has ${megabytes(file.size)}; a picture here has at most ${most}. Bring a smaller one, or a part of it.`;
  }
  return file.size ? null : `“${file.name}” is empty.`;
}

/** Send a picture and ask for what is like it. */
export async function bring(file: File): Promise<void> {
  store.untell("upload");
  const said = refusal(file, store.facts.value?.limits.upload_bytes ?? USUAL_LIMIT);
  if (said) {
    store.tell({ kind: "upload", text: said });
    return;
  }
  store.phase.value = "loading";
  try {
    const name = await bringImage(file, file.name || "picture");
    const url = file.type === "image/tiff" ? "" : URL.createObjectURL(file);
    store.uploads.value = new Map(store.uploads.value).set(name, { name: file.name || "picture", url, file });
    add({ kind: "like", id: name, weight: 1, on: true });
  } catch (error) {
    store.phase.value = store.answer.value ? "ready" : "idle";
    store.tell({ kind: "upload", text: error instanceof Error ? error.message : String(error) });
  }
}
