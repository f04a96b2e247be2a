/** Colours of the layers of a histogram, in their order: of what is drawn, and of what stands for it. */
export const LAYER_FILLS = [
  "fill-chart-1",
  "fill-chart-2",
  "fill-chart-3",
  "fill-chart-4",
  "fill-chart-5",
] as const;
export const LAYER_SWATCHES = [
  "bg-chart-1",
  "bg-chart-2",
  "bg-chart-3",
  "bg-chart-4",
  "bg-chart-5",
] as const;

export const REST_FILL = "fill-faint";
export const REST_SWATCH = "bg-faint";
