import { type FormEvent, useState } from "react";
import { enter } from "@/app/App";
import { Button } from "@/components/Button";
import { TextField } from "@/components/Field";
import { RequestError, signIn, useSessionStore } from "@/data";
import styles from "./SignInPage.module.css";

/** Who are you? */
export default function SignInPage() {
  const [userName, setUserName] = useState("");
  const [password, setPassword] = useState("");
  const [isBusy, setIsBusy] = useState(false);
  const [fault, setFault] = useState("");
  const reason = useSessionStore((state) => state.reason);

  const send = async (event: FormEvent) => {
    event.preventDefault();
    setIsBusy(true);
    setFault("");
    try {
      await signIn(userName.trim(), password);
      enter();
    } catch (error) {
      setFault(error instanceof RequestError ? error.message : String(error));
      setPassword("");
    } finally {
      setIsBusy(false);
    }
  };

  return (
    <main className={styles.page}>
      <form className={styles.card} onSubmit={send} data-message="POST /api/v1/session">
        <h1 className={styles.brand}>evx</h1>
        <p className={styles.lead}>
          Sign in, or open the link that <code>scripts/up</code> has printed.
        </p>
        {reason !== "" && fault === "" && <p className={styles.note}>{reason}</p>}
        <TextField
          label="User name"
          name="username"
          autoComplete="username"
          autoFocus
          required
          size="large"
          value={userName}
          onChange={setUserName}
        />
        <TextField
          label="Password"
          name="password"
          type="password"
          autoComplete="current-password"
          required
          size="large"
          value={password}
          onChange={setPassword}
        />
        {fault !== "" && (
          <p className={styles.fault} role="alert">
            {fault}
          </p>
        )}
        <Button type="submit" variant="primary" size="large" isBusy={isBusy}>
          Sign in
        </Button>
      </form>
    </main>
  );
}
