export interface ToastMessage {
  readonly id: number;
  readonly tone: "ok" | "neutral" | "bad";
  readonly title: string;
  readonly text?: string;
}
