// Loaded before pnut-butter, whose API root is fixed: sends its requests to $PNUT_BASE.
const real = globalThis.fetch;
globalThis.fetch = (url, options) =>
    real(String(url).replace("https://api.pnut.io/v0", process.env.PNUT_BASE), options);
