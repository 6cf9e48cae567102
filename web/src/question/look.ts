/** How a picture is wanted: drawing, bands, stretch, as parameters of the service. */

export interface Look {
  drawing: string; // "" is the sensor's usual one
  bands: string[]; // one or three of one's own; none leaves it to the drawing
  stretch: "sensor" | "percentile" | "minmax";
  rescale: [number, number] | null;
  colormap: string;
}

export const USUAL: Look = { drawing: "", bands: [], stretch: "sensor", rescale: null, colormap: "" };

/** Return the parameters of a preview; what is usual is left out. */
export function lookParameters(look: Look, size = 768): URLSearchParams {
  const parameters = new URLSearchParams({ size: String(size) });
  if (look.bands.length) {
    for (const band of look.bands) parameters.append("bidx", band);
    if (look.bands.length === 1 && look.colormap && look.colormap !== "greys")
      parameters.set("colormap_name", look.colormap);
  } else if (look.drawing) {
    parameters.set("drawing", look.drawing);
  }
  if (look.rescale) parameters.set("rescale", look.rescale.join(","));
  else if (look.stretch !== "sensor") parameters.set("stretch", look.stretch);
  return parameters;
}
