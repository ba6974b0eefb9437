#!lua
-- Removes a record, and marks its user as removed. Whoever was removed by these documents already is not touched: they may
-- have come back.
-- Keys: as of put.lua, the first seven.
local bucket, deadlines, events, meta, present, removals, floor = unpack(KEYS, 1, 7)
local user, removed, time, length, horizon = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4], tonumber(ARGV[5])

local marked = redis.call('ZSCORE', removals, user)
if marked and tonumber(marked) >= removed then return 0 end
redis.call('ZADD', removals, removed, user)
redis.call('ZREMRANGEBYSCORE', removals, '-inf', '(' .. string.format('%.0f', math.max(0, removed - horizon)))
redis.call('ZREM', deadlines, user)
redis.call('SREM', present, user)
if redis.call('HDEL', bucket, user) == 0 then return 0 end
redis.call('HINCRBY', meta, 'records', -1)
local last = redis.call('HGET', meta, 'last') or '0'
local id = string.format('%.0f', math.max(time, tonumber(last) + 1, tonumber(redis.call('GET', floor) or '0') + 1))
redis.call('XADD', events, 'MAXLEN', '~', length, id .. '-0', 'p', last, 'u', user, 'a', 0)
redis.call('HSET', meta, 'last', id)
return 1
