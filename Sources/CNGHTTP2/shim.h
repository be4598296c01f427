// HTTP/2 framing and header compression, for the downstream side.
#include <nghttp2/nghttp2.h>
