import { DropdownMenu } from "radix-ui";
import { Badge } from "@/components/Badge";
import { Button } from "@/components/Button";
import { type Environment, listEnvironments, useConnection, useLoaded } from "@/data";
import styles from "./EnvironmentMenu.module.css";

function ModeBadge({ mode }: { mode: string }) {
  return <Badge tone={mode === "live" ? "live" : "paper"}>{mode}</Badge>;
}

function Choice({ environment, isHere }: { environment: Environment; isHere: boolean }) {
  const { label, mode, url } = environment;
  return (
    <DropdownMenu.Item className={styles.item} asChild disabled={isHere}>
      <a href={url} aria-current={isHere ? "true" : undefined}>
        <span className={styles.label}>{label}</span>
        <ModeBadge mode={mode} />
        <span className={styles.url}>{isHere ? "you are here" : url}</span>
      </a>
    </DropdownMenu.Item>
  );
}

/**
 * Paper or live, and of which stack: never out of sight. Where the gateway names other stacks, a
 * menu of them; each is a place of its own, where one signs in anew.
 */
export function EnvironmentMenu() {
  const { welcome } = useConnection();
  const [{ data }] = useLoaded("environments", listEnvironments);
  if (welcome === null) return null;
  const { all = [], current } = data ?? {};
  if (current === undefined) {
    return (
      <span className={styles.mode} title={`Venue: ${welcome.venue}`}>
        <ModeBadge mode={welcome.mode} />
      </span>
    );
  }
  return (
    <DropdownMenu.Root>
      <DropdownMenu.Trigger asChild>
        <Button variant="ghost" size="small" title={`Venue: ${welcome.venue}`}>
          <ModeBadge mode={welcome.mode} />
          <span className={styles.here}>{current.label}</span>
          <span className="visually-hidden">Environment</span>
          <span aria-hidden="true">▾</span>
        </Button>
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          className={styles.menu}
          align="end"
          sideOffset={6}
          data-message="GET /api/v1/environments"
        >
          <DropdownMenu.Label className={styles.head}>Environment</DropdownMenu.Label>
          {all.map((environment) => (
            <Choice
              key={environment.name}
              environment={environment}
              isHere={environment.name === current.name}
            />
          ))}
          <DropdownMenu.Label className={styles.note}>
            Another one has its own sign-in.
          </DropdownMenu.Label>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
