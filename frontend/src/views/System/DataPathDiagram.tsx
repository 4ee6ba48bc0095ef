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

/** Room for the arrows that go below what stands between. */
const BELOW = 44;

interface Way {
  path: string;
  text: Point;
}

/** Sideways from box to box, or down, along below, and up again. */
function wayOf(edge: PathEdge, from: PathNode, to: PathNode): Way {
  const a = corner(from);
  const b = corner(to);
  if (edge.isBelow) {
    const start = { x: a.x + BOX.width / 2, y: a.y + BOX.height };
    const end = { x: b.x + BOX.width / 2, y: b.y + BOX.height };
    const low = Math.max(start.y, end.y) + BELOW;
    return {
      path: `M${start.x},${start.y} C${start.x},${low} ${end.x},${low} ${end.x},${end.y}`,
      text: { x: (start.x + end.x) / 2, y: low - BELOW / 4 - 6 },
    };
  }
  const start = { x: a.x + BOX.width, y: a.y + BOX.height / 2 };
  const end = { x: b.x, y: b.y + BOX.height / 2 };
  const middle = (start.x + end.x) / 2;
  return {
    path: `M${start.x},${start.y} C${middle},${start.y} ${middle},${end.y} ${end.x},${end.y}`,
    text: { x: middle, y: (start.y + end.y) / 2 - 6 },
  };
}

function Arrow({ edge, from, to }: { edge: PathEdge; from: PathNode; to: PathNode }) {
  const { path, text } = wayOf(edge, from, to);
  return (
    <g data-flowing={edge.isFlowing}>
      <path className={styles.edge} d={path} markerEnd="url(#arrow)" />
      <text className={styles.edgeText} x={text.x} y={text.y} textAnchor="middle">
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
  const hasBelow = path.edges.some((edge) => edge.isBelow);
  const height =
    2 * MARGIN +
    Math.max(0, path.rowCount - 1) * CELL.height +
    BOX.height +
    (hasBelow ? BELOW * 0.75 : 0);
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
