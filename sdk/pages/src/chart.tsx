import { clock, counts, samples, STATES, WORDS } from "./model";
import { time } from "./list";

const HOUR = 3_600_000;
const [WIDTH, HEIGHT] = [600, 120];
/** What is drawn, from below. */
const DRAWN = STATES.slice(0, 3);

/** How many were there, as far as this board has seen. */
export function Chart() {
    const now = Math.max(clock.value, samples.value.at(-1)?.at ?? 0);
    const points = [...samples.value, { at: now, counts: counts.value }];
    const present = points.map(({ counts }) => counts[0]! + counts[1]! + counts[2]!);
    const most = Math.max(1, ...present);
    const since = points[0]!.at;
    // What began a moment ago is seen all the same.
    const x = (at: number, point: number) => Math.min((WIDTH * (at - (now - HOUR))) / HOUR, point ? WIDTH : WIDTH - 5);
    const y = (count: number) => HEIGHT - (HEIGHT * count) / (most * 1.15);
    const below = points.map(() => 0);
    const areas = DRAWN.map((state, index) => {
        const bottom = [...below];
        points.forEach(({ counts }, point) => (below[point]! += counts[index]!));
        const line = steps(points.map(({ at }, point) => [x(at, point), y(below[point]!)]));
        const back = steps(points.map(({ at }, point) => [x(at, point), y(bottom[point]!)])).reverse();
        return <polygon key={state} class={state} points={[...line, ...back].map((pair) => pair.map((one) => one.toFixed(1)).join()).join(" ")} />;
    });
    const told = `Now ${present.at(-1)}, at most ${Math.max(...present)}`;
    const isShort = now - since < HOUR * 0.6;
    return (
        <section class="card chart" aria-labelledby="hour">
            <div class="head">
                <h2 id="hour">Last hour</h2>
                <p>{told}</p>
            </div>
            <div class="plot">
            <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={`Present over the last hour. ${told}, watched since ${time(since)}.`}>
                {[0.25, 0.5, 0.75].map((part) => (
                    <line key={part} x1={WIDTH * part} x2={WIDTH * part} y1="0" y2={HEIGHT} class="grid" />
                ))}
                {areas}
            </svg>
            {isShort && <p aria-hidden="true">The board watches since {time(since)}</p>}
            </div>
            <div class="axis" aria-hidden="true">
                {[60, 45, 30, 15].map((minutes) => (
                    <span key={minutes}>{time(now - minutes * 60_000)}</span>
                ))}
                <span>now</span>
            </div>
            <p class="visually-hidden">{DRAWN.map((state, index) => `${WORDS[state]} ${counts.value[index]}`).join(", ")}.</p>
        </section>
    );
}

/** A count holds until the next. */
function steps(points: [number, number][]): [number, number][] {
    return points.flatMap(([x, y], index) => (index ? [[x, points[index - 1]![1]], [x, y]] : [[x, y]]) as [number, number][]);
}
