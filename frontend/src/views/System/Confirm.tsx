import type { ReactNode } from "react";
import { Button } from "@/components/Button";
import { Dialog } from "@/components/Dialog";

/** What is done only after it was asked for once more. */
export interface Asked {
  readonly title: string;
  readonly detail: ReactNode;
  /** On the button that does it, and on the one that does not. */
  readonly doIt?: string;
  readonly leaveIt?: string;
  readonly run: () => void;
}

/** Asks; undefined: there is nothing to ask. */
export function Confirm({ asked, onClose }: { asked: Asked | undefined; onClose: () => void }) {
  if (asked === undefined) return null;
  return (
    <Dialog
      isOpen
      onClose={onClose}
      tone="danger"
      title={asked.title}
      description={asked.detail}
      footer={
        <>
          <Button onClick={onClose}>{asked.leaveIt ?? "Leave it"}</Button>
          <Button
            variant="danger"
            autoFocus
            onClick={() => {
              asked.run();
              onClose();
            }}
          >
            {asked.doIt ?? "Do it"}
          </Button>
        </>
      }
    />
  );
}
