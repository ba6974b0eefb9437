#!lua flags=allow-oom
-- Says that a node lives, and who else was heard of when, by the engine's clock.
-- Keys: nodes.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
if ARGV[2] == 'leave' then
    redis.call('ZREM', KEYS[1], ARGV[1])
else
    redis.call('ZADD', KEYS[1], now, ARGV[1])
end
return {now, redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')}
