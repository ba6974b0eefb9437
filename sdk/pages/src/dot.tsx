import type { PresenceState } from "presenced";

/** A state as a sign that needs no colour to be told apart. */
export function Dot({ state }: { state: PresenceState }) {
    return (
        <svg class={`dot ${state}`} viewBox="0 0 16 16" aria-hidden="true">
            {state === "offline" ? <circle cx="8" cy="8" r="5.5" class="ring" /> : <circle cx="8" cy="8" r="7" class="disc" />}
            {state === "busy" && <rect x="4" y="6.75" width="8" height="2.5" rx="1.25" class="sign" />}
            {state === "unavailable" && <path d="M8 4.2V8.3l2.7 1.7" class="hands" />}
        </svg>
    );
}
