import { useNowSeconds } from "@/components/useNow";
import { formatSpan, type ServiceHealth } from "@/data";
import { StateMark, stateTone } from "./StateMark";
import styles from "./System.module.css";

const NS_PER_SECOND = 1_000_000_000n;

function Card({ health, nowSeconds }: { health: ServiceHealth; nowSeconds: number }) {
  const failing = health.checks.filter((check) => !check.isOk);
  const age = BigInt(nowSeconds) * NS_PER_SECOND - health.checkedTimeNs;
  return (
    <li className={styles.card} data-state={stateTone(health.state)}>
      <div className={styles.cardHead}>
        <h3>{health.service}</h3>
        <StateMark state={health.state} />
      </div>
      <p className={styles.cardNote}>
        {health.version === "" ? "version not known" : health.version}
        {health.checkedTimeNs === 0n ? ", never asked" : `, asked ${formatSpan(age)} ago`}
        {health.checks.length === 0
          ? ""
          : `, ${health.checks.length - failing.length} of ${health.checks.length} checks pass`}
      </p>
      <dl className={styles.figures}>
        {health.figures.map((figure) => (
          <div key={figure.name}>
            <dt>{figure.name}</dt>
            <dd>
              {figure.value} <small>{figure.unit}</small>
            </dd>
          </div>
        ))}
      </dl>
      {failing.map((check) => (
        <p key={check.name} className={styles.failing}>
          <strong>{check.name}</strong> {check.detail}
        </p>
      ))}
    </li>
  );
}

/** Each service with its state, checks and figures. */
export function ServiceCards({ services }: { services: readonly ServiceHealth[] }) {
  const nowSeconds = useNowSeconds();
  return (
    <ul className={styles.cards} aria-label="Services">
      {services.map((health) => (
        <Card key={health.service} health={health} nowSeconds={nowSeconds} />
      ))}
    </ul>
  );
}
