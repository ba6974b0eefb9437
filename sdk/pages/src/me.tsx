import { useEffect, useState } from "preact/hooks";
import type { PresenceState } from "presenced";
import { Dot } from "./dot";
import { end as ending } from "./list";
import { me, presence, sentence } from "./model";

const CHOICES: [PresenceState, string][] = [
    ["online", "Automatic"],
    ["busy", "Busy"],
    ["unavailable", "Away"],
    ["offline", "Offline"],
];

const ENDS: [string, string][] = [
    ["", "Until I change it"],
    ["1800", "For 30 minutes"],
    ["3600", "For 1 hour"],
    ["14400", "For 4 hours"],
    ["time", "Until a time"],
];

/** In how many seconds it is that late, today or tomorrow. */
function secondsUntil(text: string): number {
    const [hours, minutes] = text.split(":").map(Number);
    const then = new Date();
    then.setHours(hours!, minutes!, 0, 0);
    if (then.getTime() <= Date.now()) then.setDate(then.getDate() + 1);
    return Math.max(1, Math.round((then.getTime() - Date.now()) / 1000));
}

function inAnHour(): string {
    const then = new Date(Date.now() + 3_600_000);
    return `${String(then.getHours()).padStart(2, "0")}:00`;
}

/** One's own presence. */
export function Me() {
    const own = me.value;
    const [chosen, choose] = useState<PresenceState>("online");
    const [text, setText] = useState("");
    const [end, setEnd] = useState("");
    const [until, setUntil] = useState(inAnHour);
    const [told, tell] = useState("");
    useEffect(() => setText(own?.status ?? ""), [own?.status]);
    const { userId, scopes } = presence.value!.me;
    if (!userId || !scopes.includes("write")) {
        return (
            <section class="card me" aria-labelledby="me">
                <h2 id="me">You follow</h2>
                <p class="dim">This token sees {userId ? "what its user may see" : "everybody"}, and sets nothing.</p>
            </section>
        );
    }
    const attempt = async (doing: Promise<void>, done: string) => {
        try {
            await doing;
            tell(done);
        } catch (error) {
            tell(sentence((error as Error).message));
        }
    };
    const setStatus = (status: string) => {
        const seconds = end === "time" ? secondsUntil(until) : Number(end);
        const options = status && seconds ? { expiresInSeconds: seconds } : {};
        return attempt(presence.value!.setStatus(status || null, options), status ? "Your status is set." : "Your status is cleared.");
    };
    return (
        <section class="card me" aria-labelledby="me">
            <div class="head">
                <h2 id="me">You</h2>
                <p>{userId}</p>
            </div>
            <fieldset>
                <legend class="visually-hidden">How present you are</legend>
                {CHOICES.map(([state, label]) => (
                    <label key={state} class="choice">
                        <input
                            type="radio"
                            name="state"
                            value={state}
                            checked={chosen === state}
                            onChange={() => {
                                choose(state);
                                void attempt(presence.value!.setState(state), "");
                            }}
                        />
                        <span>
                            <Dot state={state} />
                            {label}
                        </span>
                    </label>
                ))}
            </fieldset>
            <form
                onSubmit={(event) => {
                    event.preventDefault();
                    void setStatus(text.trim());
                }}
            >
                <label class="field">
                    <span>Status</span>
                    <input type="text" value={text} maxLength={256} placeholder="Lunch" autocomplete="off" onInput={(event) => setText(event.currentTarget.value)} />
                </label>
                <div class="ends">
                    <label class="field">
                        <span>It ends</span>
                        <select value={end} onChange={(event) => setEnd(event.currentTarget.value)}>
                            {ENDS.map(([value, label]) => (
                                <option key={value} value={value}>
                                    {label}
                                </option>
                            ))}
                        </select>
                    </label>
                    {end === "time" && (
                        <label class="field">
                            <span>At</span>
                            <input type="time" value={until} required onInput={(event) => setUntil(event.currentTarget.value)} />
                        </label>
                    )}
                </div>
                <div class="row">
                    <button type="submit" class="primary" disabled={!text.trim()}>
                        Set status
                    </button>
                    {own?.status && (
                        <button type="button" onClick={() => void setStatus("")}>
                            Clear
                        </button>
                    )}
                </div>
                <p class="dim" role="status">
                    {told || (own?.status ? `Others see: ${own.status}${own.statusExpiresAt ? ` until ${ending(own.statusExpiresAt)}` : ""}` : "")}
                </p>
            </form>
        </section>
    );
}
