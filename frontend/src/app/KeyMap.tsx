import { useActions } from "@/app/actions";
import { Dialog } from "@/components/Dialog";
import { Keys } from "@/components/Keys";
import styles from "./KeyMap.module.css";

/** Every key that does something now. */
export default function KeyMap({ onClose }: { onClose: () => void }) {
  const actions = useActions((state) => state.actions).filter((action) => action.keys !== "");
  const groups = [...new Set(actions.map((action) => action.group))];
  return (
    <Dialog isOpen onClose={onClose} title="Keyboard" isWide>
      <div className={styles.groups}>
        {groups.map((group) => (
          <section key={group} className={styles.group}>
            <h3 className={styles.heading}>{group}</h3>
            <dl>
              {actions
                .filter((action) => action.group === group)
                .map((action) => (
                  <div key={action.id} className={styles.line}>
                    <dt>{action.title}</dt>
                    <dd>
                      <Keys keys={action.keys} />
                    </dd>
                  </div>
                ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
