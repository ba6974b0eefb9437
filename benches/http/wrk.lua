-- Requests for wrk. Arguments: get, renew or change; how many callers; the step from the number of one
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

local function request_of(method, caller, user, body)
   local path = string.format("/_matrix/client/v3/presence/@user%04d:localhost/status", user)
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
   if load == "change" then
      run, from, to = os.time(), callers / 2, callers - 1
   end
   local status = string.format('{"presence":"online","status_msg":"run %010d change ', run)
   request = load == "change" and changing or same
   tail = '"}'
   for caller = from + number, to, threads do
      if load == "get" then
         table.insert(requests, request_of("GET", caller, (caller + threads) % (to + 1) * step))
      else
         local whole = request_of("PUT", caller, caller * step, status .. "0000000000" .. tail)
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
