import { useEffect, useState } from "react";
import styles from "@/app/App.module.css";
import { navigate, type Route, routeTo, useRoute } from "@/app/router";
import { type PageChunk, pageOf } from "@/app/routes";
import { Shell } from "@/app/Shell";
import { Skeleton } from "@/components/Panel";
import { ToastRegion } from "@/components/ToastRegion";
import { TooltipProvider } from "@/components/Tooltip";
import { startSession, startStream, stopStream, useSessionStore } from "@/data";

const TOOLTIP_MS = 350;

/** Where the user wanted to go before somebody had to sign in. */
let wanted: string | null = null;

export function App() {
  const route = useRoute();
  const page = pageOf(route.page);
  const status = useSessionStore((state) => state.status);
  const isPublic = page?.isPublic === true;

  useEffect(() => {
    document.title = titleOf(route);
  }, [route]);

  useEffect(() => {
    if (status === "unknown" && !isPublic) startSession();
    if (status === "signed-in") startStream();
    if (status === "signed-out") {
      stopStream();
      if (!isPublic) {
        wanted = window.location.hash;
        navigate(routeTo("sign-in"), { replace: true });
      }
    }
  }, [status, isPublic]);

  return (
    <TooltipProvider delayDuration={TOOLTIP_MS}>
      {isPublic ? (
        <Content route={route} />
      ) : (
        <Shell route={route}>
          {status === "signed-in" ? <Content route={route} /> : <Skeleton />}
        </Shell>
      )}
      <ToastRegion />
    </TooltipProvider>
  );
}

/** After signing in: to where the user wanted to go. */
export function enter(): void {
  const goal = wanted ?? routeTo("markets");
  wanted = null;
  navigate(goal, { replace: true });
}

function titleOf(route: Route): string {
  const title = pageOf(route.page)?.title ?? "Not found";
  return `${route.page === "market" ? route.argument : title} · evx`;
}

function Content({ route }: { route: Route }) {
  const chunk = pageOf(route.page)?.chunk;
  if (chunk === undefined) return <Missing />;
  return <PageOf key={`${route.page}/${route.argument}`} chunk={chunk} route={route} />;
}

function PageOf({ chunk, route }: { chunk: PageChunk; route: Route }) {
  const [Page, setPage] = useState(() => chunk.component);
  useEffect(() => {
    if (Page !== undefined) return;
    let isCurrent = true;
    chunk.load().then(
      (component) => isCurrent && setPage(() => component),
      (error) =>
        isCurrent &&
        setPage(() => {
          throw error;
        }),
    );
    return () => {
      isCurrent = false;
    };
  }, [chunk, Page]);
  return Page === undefined ? <Skeleton /> : <Page route={route} />;
}

function Missing() {
  return (
    <div className={styles.missing}>
      <h1>There is no such page</h1>
      <p>
        <a href={routeTo("markets")}>To the markets</a>
      </p>
    </div>
  );
}
