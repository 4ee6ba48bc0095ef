export default function StylePage() {
  return <h1>Style</h1>;
}
