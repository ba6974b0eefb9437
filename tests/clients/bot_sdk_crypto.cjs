// matrix-bot-sdk loads a crypto module at once that is no package: its build comes from elsewhere. Nothing of it is
// used without encryption, so an empty one stands in for it. Preloaded with --require.
const Module = require("node:module");

const load = Module._load;
Module._load = function (name, ...rest) {
    return name === "@matrix-org/matrix-sdk-crypto-nodejs" ? {} : load.call(this, name, ...rest);
};
