/** Whether a map can be drawn here: WebGL is there, and something in the archive has a place. */
import { computed, signal } from "@preact/signals";
import { placeless } from "../state/store";

function reaches(): boolean {
  try {
    return document.createElement("canvas").getContext("webgl2") !== null;
  } catch {
    return false;
  }
}

export const webgl = signal(reaches());
export const hasMap = computed(() => webgl.value && !placeless.value);
