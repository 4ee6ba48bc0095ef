export default function MarketsPage() {
  return <h1>Markets</h1>;
}
