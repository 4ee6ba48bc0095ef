export default function LinkPage() {
  return <h1>Link</h1>;
}
