// Changes that come faster than anybody reads.

type Subscribe = (listener: () => void) => () => void;

/** Tells at once, then at most so often, and at last of the last change. */
export function sampled(subscribe: Subscribe, everyMs: number): Subscribe {
  return (listener: () => void) => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isMissed = false;
    const wait = () => {
      timer = setTimeout(() => {
        timer = undefined;
        if (isMissed) tell();
      }, everyMs);
    };
    const tell = () => {
      isMissed = false;
      wait();
      listener();
    };
    const stop = subscribe(() => {
      if (timer === undefined) tell();
      else isMissed = true;
    });
    return () => {
      clearTimeout(timer);
      stop();
    };
  };
}
