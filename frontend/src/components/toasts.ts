// Short messages about what was done. They go away by themselves, except for failures; where it can
// be taken back, they offer that.

import { create } from "zustand";

export type ToastTone = "info" | "success" | "warning" | "error";

export interface ToastInput {
  title: string;
  detail?: string;
  tone?: ToastTone;
  /** Takes it back; its label, and what it does. */
  undo?: { label: string; run: () => void };
  /** Milliseconds until it goes away; 0: it stays until it is closed. */
  timeoutMs?: number;
}

export interface Toast extends ToastInput {
  readonly id: number;
  readonly tone: ToastTone;
}

const SHOWN_MAX = 5;
const TIMEOUT_MS: Record<ToastTone, number> = {
  info: 5_000,
  success: 4_000,
  warning: 8_000,
  error: 0,
};

interface ToastState {
  toasts: readonly Toast[];
}

export const useToasts = create<ToastState>(() => ({ toasts: [] }));

let lastId = 0;

export function closeToast(id: number): void {
  useToasts.setState(({ toasts }) => ({ toasts: toasts.filter((toast) => toast.id !== id) }));
}

/** Shows a message; gives back its id. */
export function showToast(input: ToastInput): number {
  lastId += 1;
  const id = lastId;
  const tone = input.tone ?? "info";
  useToasts.setState(({ toasts }) => ({
    toasts: [...toasts, { ...input, id, tone }].slice(-SHOWN_MAX),
  }));
  const timeoutMs = input.timeoutMs ?? TIMEOUT_MS[tone];
  if (timeoutMs > 0) setTimeout(() => closeToast(id), timeoutMs);
  return id;
}
