import { useState } from "react";
import type { PageProps } from "@/app/routes";
import { SelectField } from "@/components/Field";
import { Panel } from "@/components/Panel";
import { type Player, PlayerState, usePlayer, useSessionStore } from "@/data";
import { MarketView } from "@/views/MarketView/MarketView";
import styles from "@/views/Replay/Replay.module.css";
import { ReplayBanner } from "@/views/Replay/ReplayBanner";
import { ReplayChooser } from "@/views/Replay/ReplayChooser";
import { Transport } from "@/views/Replay/Transport";
import { usePlayerControl } from "@/views/Replay/usePlayerControl";

/** Of a replay of several markets, the one that is looked at. */
function OpenReplay({ player, wanted }: { player: Player; wanted: string }) {
  const [chosen, setChosen] = useState(wanted);
  const tickers = player.marketTickers;
  const shown = tickers.length === 0 || tickers.includes(chosen) ? chosen : (tickers[0] ?? "");
  return (
    <>
      {tickers.length > 1 ? (
        <SelectField
          label="Market shown"
          value={shown}
          options={tickers.map((value) => ({ value, label: value }))}
          onChange={setChosen}
        />
      ) : null}
      {shown === "" ? (
        <p className={styles.hint}>All recorded markets play. Name one above to look at it.</p>
      ) : (
        <div className={styles.market}>
          <MarketView key={`${player.replayId}/${shown}`} marketTicker={shown} source="replay" />
        </div>
      )}
    </>
  );
}

/** The player of recordings: the past as it was, under a banner that says so. */
export default function ReplayPage({ route }: PageProps) {
  const player = usePlayer();
  const control = usePlayerControl();
  const isViewer = useSessionStore(({ session }) => session?.role === "viewer");
  const { data } = player.value;
  const isOpen = data !== undefined && data.state !== PlayerState.CLOSED;
  return (
    <div className={styles.page}>
      <h1 className="visually-hidden">Replay</h1>
      <ReplayBanner player={isOpen ? data : undefined} />
      <Panel
        title="Recordings"
        message="INITIAL_STATE player, PLAYER"
        value={player.value}
        isStale={player.isStale}
        className={styles.recordings}
      >
        {(state) => (
          <>
            {isViewer ? (
              <p className={styles.hint}>
                {`${isOpen ? "" : "No replay is open. "}There is one player for all; traders and administrators move it.`}
              </p>
            ) : (
              <ReplayChooser player={state} control={control} initialTicker={route.argument} />
            )}
            {state.detail === "" ? null : (
              <p role="alert" className={styles.fault}>
                {state.detail}
              </p>
            )}
          </>
        )}
      </Panel>
      {isOpen ? (
        <>
          {isViewer ? null : <Transport player={data} control={control} />}
          <OpenReplay player={data} wanted={route.argument} />
        </>
      ) : null}
    </div>
  );
}
