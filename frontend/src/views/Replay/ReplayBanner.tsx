import { formatMoment, type Player, playerStateText, speedText } from "@/data";
import styles from "./Replay.module.css";

/** Says that nothing here is of now; it cannot be closed. */
export function ReplayBanner({ player }: { player: Player | undefined }) {
  const isOpen = player !== undefined && player.positionTimeNs > 0n;
  return (
    <div className={styles.banner} role="note">
      <strong>Replay</strong>
      <span>Recorded, not live. No order can be placed here.</span>
      {isOpen ? (
        <span className={styles.moment}>
          {`${formatMoment(player.positionTimeNs)} \u00b7 ${playerStateText(player.state)} \u00b7 ${speedText(player.speed)}`}
        </span>
      ) : null}
    </div>
  );
}
