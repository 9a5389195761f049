-module(stock).
-export([size/1]).
-define(LIMIT, 10).
-record(box, {items = []}).
-type names() :: [string()].

%% Counts.
-spec size(list()) -> integer().
size([]) -> 0;
size([_ | Rest]) -> 1 + size(Rest).

hidden(X) ->
    X.
