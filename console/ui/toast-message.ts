export interface ToastMessage {
  readonly id: number;
  readonly tone: "ok" | "bad";
  readonly title: string;
  readonly text?: string;
}
