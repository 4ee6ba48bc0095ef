import { Button } from "@/components/Button";
import { classes } from "@/components/classes";
import { closeToast, type ToastTone, useToasts } from "@/components/toasts";
import styles from "./ToastRegion.module.css";

const SIGNS: Record<ToastTone, string> = { info: "i", success: "✓", warning: "!", error: "✕" };

/** Where the messages of showToast appear; once in the application. */
export function ToastRegion() {
  const toasts = useToasts((state) => state.toasts);
  return (
    <section className={styles.region} aria-label="Messages" aria-live="polite">
      {toasts.map((toast) => (
        <div key={toast.id} className={classes(styles.toast, styles[toast.tone])}>
          <span className={styles.sign} aria-hidden="true">
            {SIGNS[toast.tone]}
          </span>
          <div className={styles.text}>
            <div className={styles.title}>{toast.title}</div>
            {toast.detail !== undefined && <div className={styles.detail}>{toast.detail}</div>}
          </div>
          {toast.undo !== undefined && (
            <Button
              size="small"
              onClick={() => {
                toast.undo?.run();
                closeToast(toast.id);
              }}
            >
              {toast.undo.label}
            </Button>
          )}
          <Button
            size="small"
            variant="ghost"
            aria-label={`Close: ${toast.title}`}
            onClick={() => closeToast(toast.id)}
          >
            ✕
          </Button>
        </div>
      ))}
    </section>
  );
}
