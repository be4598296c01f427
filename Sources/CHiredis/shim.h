// The client of Redis, for rate limits that several gateways share.
#include <hiredis/hiredis.h>
