import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Chart } from "./chart";
import { Dot } from "./dot";
import { People, time } from "./list";
import { Me } from "./me";
import {
    connection,
    counts,
    filter,
    givenToken,
    happenings,
    isBusy,
    join,
    leave,
    presence,
    problem,
    query,
    shown,
    STATES,
    WORDS,
} from "./model";

const CONNECTIONS = { open: "Live", connecting: "Connecting…", closed: "Not connected" };

function App() {
    return (
        <>
            <Header />
            {presence.value ? <Board /> : <SignIn />}
        </>
    );
}

function Header() {
    const who = presence.value?.me;
    return (
        <header class="bar">
            <div class="inner">
                <a class="logo" href="./">
                    presenced
                </a>
                <nav aria-label="Pages">
                    <a href="live" aria-current="page">
                        Board
                    </a>
                    <a href="swagger-ui/">Swagger UI</a>
                </nav>
                {who && (
                    <div class="session">
                        <span class={`pill ${connection.value}`} role="status">
                            {CONNECTIONS[connection.value]}
                        </span>
                        <span class="user">{who.userId ?? "Everybody"}</span>
                        <button type="button" onClick={() => leave()}>
                            Sign out
                        </button>
                    </div>
                )}
            </div>
        </header>
    );
}

/** Users whom a demo offers to be, by their names. */
function offers(): [string, string][] {
    const content = document.querySelector<HTMLMetaElement>("meta[name=presenced-demo]")?.content ?? "";
    return content.split(" ").filter(Boolean).map((pair) => pair.split("=") as [string, string]);
}

function SignIn() {
    const [token, setToken] = useState("");
    const demo = offers();
    return (
        <main class="sign-in">
            <form
                class="card"
                onSubmit={(event) => {
                    event.preventDefault();
                    void join(token.trim());
                }}
            >
                <h1>Who is online</h1>
                <p class="dim">The board shows what your token may see, as it changes.</p>
                <label class="field">
                    <span>Token</span>
                    <input
                        type="password"
                        value={token}
                        required
                        autocomplete="off"
                        spellcheck={false}
                        aria-describedby="problem"
                        onInput={(event) => setToken(event.currentTarget.value)}
                    />
                </label>
                <p id="problem" class="problem" role="alert">
                    {problem.value}
                </p>
                <button type="submit" class="primary" disabled={isBusy.value}>
                    {isBusy.value ? "Connecting…" : "Open the board"}
                </button>
                {demo.length > 0 && (
                    <div class="offers" role="group" aria-labelledby="offers">
                        <p id="offers" class="dim">
                            This is a demo. Be one of its users:
                        </p>
                        {demo.map(([name, token]) => (
                            <button key={token} type="button" disabled={isBusy.value} onClick={() => void join(token)}>
                                {name}
                            </button>
                        ))}
                    </div>
                )}
            </form>
        </main>
    );
}

function Board() {
    return (
        <main class="board">
            <h1 class="visually-hidden">Who is online</h1>
            <Tiles />
            <Chart />
            <aside aria-label="You, and what happens">
                <Me />
                <Feed />
            </aside>
            <section class="card list" aria-labelledby="people">
                <div class="head">
                    <h2 id="people">
                        {filter.value ? WORDS[filter.value] : "Everybody"}
                        <span class="count">{shown.value.length.toLocaleString()}</span>
                    </h2>
                    <label class="search">
                        <span class="visually-hidden">Find by name, id or status</span>
                        <input
                            type="search"
                            placeholder="Find by name, id or status"
                            value={query.value}
                            onInput={(event) => (query.value = event.currentTarget.value)}
                        />
                    </label>
                </div>
                <People />
            </section>
        </main>
    );
}

function Tiles() {
    return (
        <div class="tiles" role="group" aria-label="How many are in which state; press to show those alone">
            {STATES.map((state, index) => (
                <button
                    key={state}
                    type="button"
                    class={`card tile ${state}`}
                    aria-pressed={filter.value === state}
                    onClick={() => (filter.value = filter.value === state ? undefined : state)}
                >
                    <span class="label">
                        <Dot state={state} />
                        {WORDS[state]}
                    </span>
                    <span class="number">{counts.value[index]!.toLocaleString()}</span>
                </button>
            ))}
        </div>
    );
}

const isWide = matchMedia("(min-width: 960px)");

function Feed() {
    const [isOpen, open] = useState(isWide.matches);
    useEffect(() => {
        const follow = () => open(isWide.matches);
        isWide.addEventListener("change", follow);
        return () => isWide.removeEventListener("change", follow);
    }, []);
    return (
        <section class="card feed" aria-labelledby="feed">
            <details open={isOpen} onToggle={(event) => open(event.currentTarget.open)}>
                <summary>
                    <h2 id="feed">As it happens</h2>
                </summary>
                {happenings.value.length ? (
                    <ol aria-label="Changes, the newest first" tabIndex={0}>
                        {happenings.value.map(({ number, at, person, what }) => (
                            <li key={number}>
                                <Dot state={person.state} />
                                <span>
                                    <b>{person.name}</b> {what}
                                </span>
                                <time dateTime={new Date(at).toISOString()}>{time(at)}</time>
                            </li>
                        ))}
                    </ol>
                ) : (
                    <p class="dim">Changes are shown here as they come.</p>
                )}
            </details>
        </section>
    );
}

function begin(): void {
    const token = givenToken();
    if (!token) return;
    if (presence.value) leave();
    void join(token);
}

addEventListener("hashchange", begin);
begin();
render(<App />, document.getElementById("board")!);
