// What the stream client needs of a browser, so that a test can give it something else.

export interface SocketEvents {
  onOpen(): void;
  onMessage(data: Uint8Array): void;
  /** The end, also of a socket that never opened. Comes once. */
  onClose(code: number, reason: string): void;
}

export interface Socket {
  send(data: Uint8Array): void;
  /** Ends it; nothing comes after that, not even `onClose`. */
  abandon(): void;
}

export type OpenSocket = (events: SocketEvents) => Socket;

export interface Timers {
  /** Milliseconds since some moment, never backwards. */
  now(): number;
  start(run: () => void, afterMs: number): number;
  stop(id: number): void;
}

export const browserTimers: Timers = {
  now: () => performance.now(),
  start: (run, afterMs) => window.setTimeout(run, afterMs),
  stop: (id) => window.clearTimeout(id),
};

/** One timer that is started anew and stopped. */
export class Timer {
  #id: number | null = null;

  constructor(private readonly timers: Timers) {}

  get isRunning(): boolean {
    return this.#id !== null;
  }

  start(run: () => void, afterMs: number): void {
    this.stop();
    this.#id = this.timers.start(() => {
      this.#id = null;
      run();
    }, afterMs);
  }

  stop(): void {
    if (this.#id !== null) this.timers.stop(this.#id);
    this.#id = null;
  }
}

/** A WebSocket of the browser at this address. */
export function openBrowserSocket(url: string): OpenSocket {
  return (events) => {
    const socket = new WebSocket(url);
    socket.binaryType = "arraybuffer";
    let isOver = false;
    socket.onopen = () => events.onOpen();
    socket.onmessage = (event: MessageEvent<ArrayBuffer | string>) => {
      if (!isOver && typeof event.data !== "string") events.onMessage(new Uint8Array(event.data));
    };
    socket.onclose = (event) => {
      if (isOver) return;
      isOver = true;
      events.onClose(event.code, event.reason);
    };
    return {
      send: (data) => socket.send(data as Uint8Array<ArrayBuffer>),
      abandon: () => {
        isOver = true;
        socket.close();
      },
    };
  };
}
