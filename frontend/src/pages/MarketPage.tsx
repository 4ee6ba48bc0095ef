export default function MarketPage() {
  return <h1>Market</h1>;
}
