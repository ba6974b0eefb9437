-- Requests for wrk. Arguments: get, renew, change, say or active; how many callers; the step from the number of one
-- caller's user to that of the next; how many threads.
-- Each thread speaks for callers of its own, one after the other. A GET asks for another's presence. Changes
-- are made by the upper half of the callers, and the lower half does the rest: what one set, the other would
-- have to change back.

local threads = 0
function setup(thread)
   thread:set("number", threads)
   threads = threads + 1
end

local requests, tail, sent = {}, "", 0

local paths = {
   say = "/presenced/v1/users/@user%04d:localhost/presence",
   active = "/presenced/v1/activity",
}

local function request_of(method, caller, user, body, load)
   local path = string.format(paths[load] or "/_matrix/client/v3/presence/@user%04d:localhost/status", user)
   local token = string.format("Bearer pd_%064x", caller)
   return wrk.format(method, path, { Authorization = token }, body)
end

local function same()
   sent = sent + 1
   return requests[sent % #requests + 1]
end

-- The number is new in each request, so it goes between the two fixed parts.
local function changing()
   sent = sent + 1
   return string.format("%s%010d%s", requests[sent % #requests + 1], sent, tail)
end

function init(args)
   local load, callers, step, threads = args[1], tonumber(args[2]), tonumber(args[3]), tonumber(args[4])
   local run, from, to = 0, 0, callers / 2 - 1
   local changes = load == "change" or load == "say"
   if changes then
      run, from, to = os.time(), callers / 2, callers - 1
   end
   local head = '{"presence":"online","status_msg":"run %010d change '
   tail = '"}'
   if load == "say" then
      head, tail = '{"state":"online","status":{"text":"run %010d change ', '"}}'
   end
   local status = string.format(head, run)
   request = changes and changing or same
   for caller = from + number, to, threads do
      if load == "get" then
         table.insert(requests, request_of("GET", caller, (caller + threads) % (to + 1) * step))
      elseif load == "active" then
         table.insert(requests, request_of("POST", caller, 0, nil, load))
      else
         local whole = request_of("PUT", caller, caller * step, status .. "0000000000" .. tail, load)
         table.insert(requests, load == "renew" and whole or whole:sub(1, -(10 + #tail) - 1))
      end
   end
end

function done(summary, latency)
   local errors = summary.errors
   local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
   print(string.format(
      '{"requests":%d,"micros":%d,"bytes":%d,"errors":%d,"latency":[%d,%d,%d,%d]}',
      summary.requests, summary.duration, summary.bytes, failed,
      latency:percentile(50), latency:percentile(99), latency:percentile(99.9), latency.max
   ))
end
