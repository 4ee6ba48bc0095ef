import { Button } from "@/components/Button";

/** Asks anew for what a panel shows. */
export function RefreshButton({ onClick }: { onClick: () => void }) {
  return (
    <Button size="small" variant="ghost" onClick={onClick}>
      Refresh
    </Button>
  );
}
