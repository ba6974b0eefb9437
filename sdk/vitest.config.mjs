import { defineConfig } from "vitest/config";

export default defineConfig({
    test: {
        // Browsers and servers of their own, on few processors.
        testTimeout: 60_000,
        hookTimeout: 60_000,
        maxWorkers: 2,
        sequence: { concurrent: false },
    },
});
