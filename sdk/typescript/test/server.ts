// A server of one's own, as `presenced serve --demo` runs it, and what tests do with it.

import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { connect as dial, createServer, type AddressInfo, type Socket } from "node:net";
import { fileURLToPath } from "node:url";

const BINARY = process.env.PRESENCED_TEST_BINARY ?? fileURLToPath(new URL("../../../target/debug/presenced", import.meta.url));

export const [ALICE, BOB, CAROL] = ["@alice:example.com", "@bob:example.com", "@carol:example.com"];
export const LOBBY = "!lobby:example.com";

export class Server {
    private process: ChildProcess | undefined;
    private port = 0;

    /** With settings as the environment names them. */
    private constructor(private readonly settings: Record<string, string>) {}

    static async start(settings: Record<string, string> = {}): Promise<Server> {
        const server = new Server(settings);
        await server.begin();
        return server;
    }

    get url(): string {
        return `http://127.0.0.1:${this.port}`;
    }

    /** Starts it, on the port that it had. */
    async begin(): Promise<void> {
        const listen = `127.0.0.1:${this.port}`;
        const env = { ...process.env, NO_COLOR: "1", ...this.settings };
        const started = spawn(BINARY, ["serve", "--demo", "--listen", listen], { env, stdio: ["ignore", "pipe", "pipe"] });
        this.process = started;
        let said = "";
        this.port = await new Promise<number>((done, fail) => {
            const hear = (text: Buffer) => {
                const address = /runs at http:\/\/[^ ]*:(\d+)/.exec((said += text));
                if (address) done(Number(address[1]));
            };
            started.stdout!.on("data", hear);
            started.stderr!.on("data", hear);
            started.once("exit", () => fail(new Error(said)));
        });
    }

    async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
        const stopped = this.process;
        this.process = undefined;
        if (!stopped || stopped.exitCode !== null) return;
        stopped.kill(signal);
        await once(stopped, "exit");
    }

    async call(method: string, path: string, token: string, body?: unknown): Promise<any> {
        const headers = { authorization: `Bearer ${token}` };
        const answer = await fetch(this.url + path, { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) });
        const text = await answer.text();
        if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
        return text ? JSON.parse(text) : undefined;
    }

    /** Lets time pass at once. */
    advance(seconds: number): Promise<void> {
        return this.call("POST", "/presenced/v1/demo/advance", "demo-bob", { seconds });
    }

    /** The same bit by bit, so that whoever is connected has the time to say that they still are. */
    async pass(seconds: number): Promise<void> {
        for (let left = seconds; left > 0; left -= 9) {
            await this.advance(Math.min(left, 9));
            await new Promise((done) => setTimeout(done, 20));
        }
    }

    /** What the user is, as they see it themselves. */
    own(token: string): Promise<any> {
        return this.call("GET", "/presenced/v1/users/me/presence", token);
    }

    put(token: string, body: unknown): Promise<any> {
        return this.call("PUT", "/presenced/v1/users/me/presence", token, body);
    }

    /** A token of the user that ends by itself. */
    async token(user: string, body: object): Promise<string> {
        return (await this.call("POST", `/presenced/v1/users/${user}/tokens`, "demo-admin", body)).token;
    }
}

/** A network between a client and a server, which can be cut. */
export class Network {
    private readonly sockets = new Set<Socket>();
    private isCut = false;
    private readonly listener = createServer((client) => this.carry(client));

    private constructor(private readonly target: string) {}

    static async before(server: Server): Promise<Network> {
        const network = new Network(server.url);
        network.listener.listen(0, "127.0.0.1");
        await once(network.listener, "listening");
        return network;
    }

    get url(): string {
        return `http://127.0.0.1:${(this.listener.address() as AddressInfo).port}`;
    }

    private carry(client: Socket): void {
        const server = dial(Number(new URL(this.target).port), "127.0.0.1");
        for (const [from, to] of [[client, server], [server, client]] as const) {
            this.sockets.add(from);
            from.on("data", (bytes) => this.isCut || to.write(bytes));
            from.on("error", () => {});
            from.on("close", () => {
                this.sockets.delete(from);
                if (!this.isCut) to.destroy();
            });
        }
    }

    /** From now on nothing comes through, and nobody is told. */
    cut(): void {
        this.isCut = true;
    }

    /** What was under way is lost. */
    mend(): void {
        this.isCut = false;
        for (const socket of this.sockets) socket.destroy();
    }

    close(): void {
        for (const socket of this.sockets) socket.destroy();
        this.listener.close();
    }
}

/** Waits until something holds. */
export async function until<T>(look: () => T | Promise<T>, what = "it", milliseconds = 20_000): Promise<NonNullable<T>> {
    const end = Date.now() + milliseconds;
    for (;;) {
        const seen = await look();
        if (seen) return seen as NonNullable<T>;
        if (Date.now() > end) throw new Error(`${what} did not come`);
        await new Promise((done) => setTimeout(done, 20));
    }
}
