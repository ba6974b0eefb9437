import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { Dot } from "./dot";
import { clock, filter, query, serverNow, shown, WORDS, type Person } from "./model";

/** How high a row is, in pixels, as in the style sheet. */
const ROW = 64;
/** More than there are at any time. */
const MOST = 256;
/** How many rows there are beyond those in sight, on either side. */
const BEYOND = 8;

/** Everybody who is shown, of whom those in sight are there. */
export function People() {
    const all = shown.value;
    const list = useRef<HTMLUListElement>(null);
    const [[first, last], setRange] = useState([0, 30]);
    const look = () => {
        const top = list.current?.getBoundingClientRect().top ?? 0;
        const from = Math.max(0, Math.floor(-top / ROW) - BEYOND);
        const to = Math.max(from, Math.ceil((innerHeight - top) / ROW) + BEYOND);
        setRange(([known, end]) => (known === from && end === to ? [known, end] : [from, to]));
    };
    useLayoutEffect(look, [all.length]);
    useEffect(() => {
        addEventListener("scroll", look, { passive: true });
        addEventListener("resize", look);
        return () => {
            removeEventListener("scroll", look);
            removeEventListener("resize", look);
        };
    }, []);
    if (!all.length) return <p class="nobody">{query.value || filter.value ? "Nobody is like that." : "Nobody is here yet."}</p>;
    const rows = all.slice(first, last);
    return (
        <ul class="people" ref={list} style={{ height: `${all.length * ROW}px` }}>
            {rows.map((person, index) => (
                // Rows that are scrolled out of sight show others: that costs less than new ones.
                <Row key={(first + index) % MOST} person={person} place={first + index} of={all.length} />
            ))}
        </ul>
    );
}

/** A row is made anew only if it shows something else: while one scrolls, most of them do not. */
function Row({ person, place, of }: { person: Person; place: number; of: number }) {
    const minute = clock.value;
    return useMemo(() => row(person, place, of), [person, place, of, minute]);
}

function row(person: Person, place: number, of: number) {
    const { name, userId, state, status, statusExpiresAt } = person;
    return (
        <li aria-posinset={place + 1} aria-setsize={of} style={{ transform: `translateY(${place * ROW}px)` }}>
            <span class={`avatar hue${hue(userId)}`} aria-hidden="true">
                {name.slice(0, 1).toUpperCase()}
                <Dot state={state} />
            </span>
            <span class="who">
                <span class="name">{name}</span>
                <span class="id">{userId}</span>
            </span>
            <span class="what">
                {status && (
                    <span class="text" title={status}>
                        {status}
                    </span>
                )}
                {statusExpiresAt && <span class="until">until {end(statusExpiresAt)}</span>}
            </span>
            <span class="when">
                <span class={`word ${state}`}>{WORDS[state]}</span>
                <span class="ago">{active(person)}</span>
            </span>
        </li>
    );
}

function active({ state, currentlyActive, lastActiveAt }: Person): string {
    if (currentlyActive && state !== "offline") return "active now";
    return lastActiveAt === undefined ? "" : ago(lastActiveAt);
}

export function ago(at: number): string {
    const minutes = Math.floor((serverNow() - at) / 60_000);
    if (minutes < 1) return "just now";
    if (minutes < 60) return `${minutes} min ago`;
    const hours = Math.floor(minutes / 60);
    return hours < 24 ? `${hours} h ago` : `${Math.floor(hours / 24)} d ago`;
}

const clockTime = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });

export function time(at: number): string {
    return clockTime.format(at);
}

/** The minute that an end is nearest to: what was set until noon does not end at 11:59. */
export function end(at: number): string {
    return time(Math.round(at / 60_000) * 60_000);
}

function hue(text: string): number {
    let sum = 0;
    for (let index = 0; index < text.length; index++) sum = (sum * 31 + text.charCodeAt(index)) >>> 0;
    return sum % 6;
}
