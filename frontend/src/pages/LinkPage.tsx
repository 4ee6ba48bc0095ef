import { useEffect, useRef, useState } from "react";
import { enter } from "@/app/App";
import { navigate, routeTo } from "@/app/router";
import type { PageProps } from "@/app/routes";
import { Button } from "@/components/Button";
import { RequestError, redeemLink } from "@/data";
import styles from "./SignInPage.module.css";

/**
 * A one-time link: its token stands behind the `#`, so that no server ever logs it, and leaves the
 * address before anything else happens.
 */
export default function LinkPage({ route }: PageProps) {
  const token = useRef(route.argument);
  const [fault, setFault] = useState(
    route.argument === "" ? "There is no token in this address." : "",
  );

  useEffect(() => {
    const once = token.current;
    token.current = "";
    if (once === "") return;
    history.replaceState(null, "", routeTo("link"));
    redeemLink(once).then(enter, (error) => {
      setFault(error instanceof RequestError ? error.message : String(error));
    });
  }, []);

  return (
    <main className={styles.page}>
      <div className={styles.card} data-message="POST /api/v1/session">
        <h1 className={styles.brand}>evx</h1>
        {fault === "" ? (
          <output className={styles.lead}>Signing in…</output>
        ) : (
          <>
            <p className={styles.fault} role="alert">
              {fault}
            </p>
            <p className={styles.lead}>A link works once, and only for a while.</p>
            <Button variant="primary" onClick={() => navigate(routeTo("sign-in"))}>
              Sign in with a password
            </Button>
          </>
        )}
      </div>
    </main>
  );
}
