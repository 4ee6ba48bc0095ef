import {
  dataPath,
  healthCounts,
  type PathEdge,
  type PathNode,
  type ServiceHealth,
  ServiceState,
  serviceStateText,
} from "@/data";
import styles from "./System.module.css";

const BOX = { width: 158, height: 54 };
const CELL = { width: 232, height: 84 };
const MARGIN = 6;

interface Point {
  x: number;
  y: number;
}

function corner(node: PathNode): Point {
  return { x: MARGIN + node.column * CELL.width, y: MARGIN + node.row * CELL.height };
}

/** From the middle of one side to that of another: sideways, or down within a column. */
function ends(from: PathNode, to: PathNode): [Point, Point] {
  const a = corner(from);
  const b = corner(to);
  if (from.column === to.column) {
    const x = a.x + BOX.width / 2;
    return [
      { x, y: a.y + BOX.height },
      { x, y: b.y },
    ];
  }
  return [
    { x: a.x + BOX.width, y: a.y + BOX.height / 2 },
    { x: b.x, y: b.y + BOX.height / 2 },
  ];
}

function Arrow({ edge, from, to }: { edge: PathEdge; from: PathNode; to: PathNode }) {
  const [a, b] = ends(from, to);
  const isDown = from.column === to.column;
  const middle = (a.x + b.x) / 2;
  const path = isDown
    ? `M${a.x},${a.y} L${b.x},${b.y}`
    : `M${a.x},${a.y} C${middle},${a.y} ${middle},${b.y} ${b.x},${b.y}`;
  return (
    <g data-flowing={edge.isFlowing}>
      <path className={styles.edge} d={path} markerEnd="url(#arrow)" />
      <text
        className={styles.edgeText}
        x={isDown ? a.x + 6 : middle}
        y={isDown ? (a.y + b.y) / 2 + 3 : (a.y + b.y) / 2 - 6}
        textAnchor={isDown ? "start" : "middle"}
      >
        {edge.what}
      </text>
    </g>
  );
}

function Box({ node }: { node: PathNode }) {
  const { x, y } = corner(node);
  const state = node.health?.state ?? ServiceState.UNSPECIFIED;
  const figure = node.health?.figures[0];
  return (
    <g className={styles.node} data-state={serviceStateText(state)}>
      <rect x={x} y={y} width={BOX.width} height={BOX.height} rx="5" />
      <rect className={styles.nodeBar} x={x} y={y} width="4" height={BOX.height} rx="2" />
      <text className={styles.nodeName} x={x + 14} y={y + 20}>
        {node.service}
      </text>
      <text className={styles.nodeState} x={x + 14} y={y + 36}>
        {serviceStateText(state)}
      </text>
      {figure === undefined ? null : (
        <text className={styles.nodeFigure} x={x + 14} y={y + 48}>
          {`${figure.name} ${figure.value} ${figure.unit}`.slice(0, 30)}
        </text>
      )}
    </g>
  );
}

/** The way of the data, as it is now. What it shows stands in the list below, too. */
export function DataPathDiagram({ services }: { services: readonly ServiceHealth[] }) {
  const path = dataPath(services);
  const byName = new Map(path.nodes.map((node) => [node.service, node]));
  const { ready, degraded, down } = healthCounts(services);
  const width = 2 * MARGIN + (path.columnCount - 1) * CELL.width + BOX.width;
  const height = 2 * MARGIN + Math.max(0, path.rowCount - 1) * CELL.height + BOX.height;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by the keyboard.
    <section className={styles.diagram} tabIndex={0} aria-label="Data path">
      <svg
        role="img"
        aria-label={`Data path: ${ready} services ready, ${degraded} degraded, ${down} down`}
        width={width}
        height={height}
        viewBox={`0 0 ${width} ${height}`}
      >
        <defs>
          <marker
            id="arrow"
            viewBox="0 0 8 8"
            refX="7"
            refY="4"
            markerWidth="7"
            markerHeight="7"
            orient="auto"
          >
            <path className={styles.arrowHead} d="M0,0 L8,4 L0,8 z" />
          </marker>
        </defs>
        {path.edges.map((edge) => {
          const from = byName.get(edge.from);
          const to = byName.get(edge.to);
          return from === undefined || to === undefined ? null : (
            <Arrow key={`${edge.from}/${edge.to}`} edge={edge} from={from} to={to} />
          );
        })}
        {path.nodes.map((node) => (
          <Box key={node.service} node={node} />
        ))}
      </svg>
    </section>
  );
}
