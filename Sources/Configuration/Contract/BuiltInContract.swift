// The contract that the gateway is built with: config/openapi.yaml, byte for byte, so that the executable needs no file
// beside it. A test compares the two; after the document changed, `WRITE_GOLDEN=1 swift test --filter BuiltIn` renews
// this one.

enum BuiltInContract {
    static let text = #"""
        # What the gateway promises its clients, and what it expects of the services behind it.
        #
        # The gateway reads this document itself (`contract.file`; a copy is built in):
        #
        #   * Replies of the services are checked against Conversation, Contact, Account, Message and AttentionItem. Their
        #     `required` names what a reply must hold. Members that are not required may be absent or null there; the gateway
        #     fills them in, arrays with [] and all else with null, so that clients find every member in every answer.
        #   * `additionalProperties: true` passes members on that are not listed, `false` drops them.
        #   * Members are written in the order in which they are listed here: those of an answer as in the schema of its 200.
        #   * `x-from-path: conversations` says that the member repeats the segment behind `conversations` in the path that was
        #     called on the service, compared without case.
        #   * Of the keywords that restrict a value, only `type`, `required`, `minimum` and `additionalProperties` are enforced.
        openapi: 3.1.0

        info:
          title: Conversation gateway
          version: "1.0"
          summary: A conversation with its contact, account, messages and attention items, in one answer.
          description: |
            The gateway asks the services that own the pieces of a conversation and answers with all of them, or with the one
            failure that matters.

            * The same inputs give the same bytes, so an `ETag` can be relied on.
            * A 200 is whole. Where the operator lets a part be missing, it is null, and `Gateway-Parts` says so.
            * Every failure is an `Error` object with a sentence for a person. Machines read the status and `Proxy-Status`
              (RFC 9209).
            * Words of an open set (`status`, `type`, `resolutionStatus`, `senderType` …) may get company: be ready for one that
              is not listed in `x-extensible-enum`.
            * A method other than GET and HEAD is answered with 405, save a browser's preflight from a configured origin; a path
              that is not listed here with 404 `Not found`.

        servers:
          - url: http://127.0.0.1:8080
            description: The gateway as it comes.

        security:
          - bearer: []

        tags:
          - name: Conversations
            description: Conversations and what belongs to them.

        paths:
          /api/conversations/{id}:
            parameters:
              - $ref: "#/components/parameters/ConversationId"
              - $ref: "#/components/parameters/RequestId"
              - $ref: "#/components/parameters/RequestTimeout"
              - $ref: "#/components/parameters/IfNoneMatch"
              - $ref: "#/components/parameters/Traceparent"
              - $ref: "#/components/parameters/Tracestate"
              - $ref: "#/components/parameters/Origin"
            get:
              operationId: getConversation
              tags: [Conversations]
              summary: A conversation with everything that belongs to it.
              description: |
                Needs the scope `conversations:read`. A query string is ignored. A body is read and thrown away.
              responses:
                "200":
                  description: The conversation.
                  headers:
                    X-Request-Id: { $ref: "#/components/headers/RequestId" }
                    Date: { $ref: "#/components/headers/Date" }
                    Content-Length: { $ref: "#/components/headers/ContentLength" }
                    X-Content-Type-Options: { $ref: "#/components/headers/ContentTypeOptions" }
                    ETag: { $ref: "#/components/headers/ETag" }
                    Cache-Control: { $ref: "#/components/headers/CacheControl" }
                    Vary: { $ref: "#/components/headers/Vary" }
                    Gateway-Parts: { $ref: "#/components/headers/GatewayParts" }
                    Server-Timing: { $ref: "#/components/headers/ServerTiming" }
                    Access-Control-Allow-Origin: { $ref: "#/components/headers/AllowOrigin" }
                    Access-Control-Allow-Credentials: { $ref: "#/components/headers/AllowCredentials" }
                    Access-Control-Expose-Headers: { $ref: "#/components/headers/ExposeHeaders" }
                  content:
                    application/json:
                      schema:
                        $ref: "#/components/schemas/EnrichedConversation"
                "304": { $ref: "#/components/responses/NotModified" }
                "400": { $ref: "#/components/responses/BadRequest" }
                "401": { $ref: "#/components/responses/Unauthorized" }
                "403": { $ref: "#/components/responses/Forbidden" }
                "404": { $ref: "#/components/responses/NotFound" }
                "405": { $ref: "#/components/responses/MethodNotAllowed" }
                "408": { $ref: "#/components/responses/RequestTimeout" }
                "413": { $ref: "#/components/responses/ContentTooLarge" }
                "414": { $ref: "#/components/responses/TargetTooLong" }
                "417": { $ref: "#/components/responses/ExpectationFailed" }
                "429": { $ref: "#/components/responses/TooManyRequests" }
                "431": { $ref: "#/components/responses/HeadersTooLarge" }
                "500": { $ref: "#/components/responses/InternalError" }
                "501": { $ref: "#/components/responses/NotImplemented" }
                "502": { $ref: "#/components/responses/BadGateway" }
                "503": { $ref: "#/components/responses/Unavailable" }
                "504": { $ref: "#/components/responses/GatewayTimeout" }
                "505": { $ref: "#/components/responses/VersionNotSupported" }
            head:
              operationId: headConversation
              tags: [Conversations]
              summary: The same without the body.
              description: |
                Costs what a GET costs: `Content-Length` and `ETag` are those of the answer that a GET would have got. No answer
                to a HEAD has a body, errors included.
              responses:
                "200":
                  description: The conversation exists.
                  headers:
                    X-Request-Id: { $ref: "#/components/headers/RequestId" }
                    Date: { $ref: "#/components/headers/Date" }
                    Content-Length: { $ref: "#/components/headers/ContentLength" }
                    X-Content-Type-Options: { $ref: "#/components/headers/ContentTypeOptions" }
                    ETag: { $ref: "#/components/headers/ETag" }
                    Cache-Control: { $ref: "#/components/headers/CacheControl" }
                    Vary: { $ref: "#/components/headers/Vary" }
                    Gateway-Parts: { $ref: "#/components/headers/GatewayParts" }
                    Server-Timing: { $ref: "#/components/headers/ServerTiming" }
                    Access-Control-Allow-Origin: { $ref: "#/components/headers/AllowOrigin" }
                    Access-Control-Allow-Credentials: { $ref: "#/components/headers/AllowCredentials" }
                    Access-Control-Expose-Headers: { $ref: "#/components/headers/ExposeHeaders" }
                "304": { $ref: "#/components/responses/NotModified" }
                "400": { $ref: "#/components/responses/BadRequest" }
                "401": { $ref: "#/components/responses/Unauthorized" }
                "403": { $ref: "#/components/responses/Forbidden" }
                "404": { $ref: "#/components/responses/NotFound" }
                "405": { $ref: "#/components/responses/MethodNotAllowed" }
                "408": { $ref: "#/components/responses/RequestTimeout" }
                "413": { $ref: "#/components/responses/ContentTooLarge" }
                "414": { $ref: "#/components/responses/TargetTooLong" }
                "417": { $ref: "#/components/responses/ExpectationFailed" }
                "429": { $ref: "#/components/responses/TooManyRequests" }
                "431": { $ref: "#/components/responses/HeadersTooLarge" }
                "500": { $ref: "#/components/responses/InternalError" }
                "501": { $ref: "#/components/responses/NotImplemented" }
                "502": { $ref: "#/components/responses/BadGateway" }
                "503": { $ref: "#/components/responses/Unavailable" }
                "504": { $ref: "#/components/responses/GatewayTimeout" }
                "505": { $ref: "#/components/responses/VersionNotSupported" }

        components:
          securitySchemes:
            bearer:
              type: http
              scheme: bearer
              description: |
                An API key (`sf_live_v1_…` or `sf_test_v1_…`, whichever environment the gateway serves) or a JWT (RS256, ES256,
                EdDSA or PS256) of a configured issuer. The tenant comes from it alone.

          parameters:
            ConversationId:
              name: id
              in: path
              required: true
              description: |
                The conversation's id: hexadecimal digits of any case, 8-4-4-4-12. Matched byte for byte, nothing is decoded.
              schema:
                type: string
                pattern: ^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}$
              example: 7b2f4c1e-9a3d-4e8b-b6f0-2d5c8e1a4f73
            RequestId:
              name: X-Request-Id
              in: header
              description: Kept if it is well-formed, else replaced.
              schema:
                type: string
              example: checkout-42.7
            RequestTimeout:
              name: X-Request-Timeout-Ms
              in: header
              description: |
                When the client gives up, in whole milliseconds from now. Shortens the time the gateway takes, to 50 ms at
                least; never lengthens it. A malformed one is a 400.
              schema:
                type: string
                pattern: ^[0-9]+$
              example: "1500"
            IfNoneMatch:
              name: If-None-Match
              in: header
              description: The `ETag` of an earlier answer (RFC 9110 section 13.1.2). If it still matches, the answer is a 304.
              schema:
                type: string
              example: '"5d41402abc4b2a76"'
            Traceparent:
              name: traceparent
              in: header
              description: The trace to join (W3C Trace Context). A malformed one is ignored.
              schema:
                type: string
              example: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01
            Tracestate:
              name: tracestate
              in: header
              description: Passed on with `traceparent`.
              schema:
                type: string
              example: vendor=value
            Origin:
              name: Origin
              in: header
              description: |
                Where a browser's page comes from. Only configured origins, matched exactly, get the CORS fields. A preflight is
                answered on any path and without a credential: 204 for a configured origin, 403 for another.
              schema:
                type: string
              example: https://app.example.com

          headers:
            RequestId:
              description: The request's id, the client's own if that was well-formed. To be named in complaints.
              required: true
              schema:
                type: string
                pattern: ^[A-Za-z0-9._-]{1,128}$
              example: checkout-42.7
            Date:
              description: When the answer was made (RFC 9110 section 6.6.1).
              required: true
              schema:
                type: string
              example: Sun, 01 Mar 2026 12:34:56 GMT
            ContentLength:
              description: The body's bytes; of a HEAD, those that a GET would have got.
              required: true
              schema:
                type: string
                pattern: ^[0-9]+$
              example: "4711"
            ContentTypeOptions:
              description: Keeps browsers from guessing.
              required: true
              schema:
                const: nosniff
            ETag:
              description: Strong; of the body's bytes.
              schema:
                type: string
              example: '"5d41402abc4b2a76"'
            CacheControl:
              description: |
                `private, no-cache`: may be kept by the client, and has to be asked about before it is used. `no-store` if a
                part is missing or stale.
              schema:
                type: string
                enum: ["private, no-cache", no-store]
            NoStore:
              description: Errors are never kept.
              schema:
                const: no-store
            Vary:
              description: What the answer depends on.
              schema:
                const: Authorization, Origin
            GatewayParts:
              description: |
                Which parts the answer consists of (an RFC 8941 list), if one of them is missing or stale, with the reason.
                Absent from an answer that is whole and fresh.
              schema:
                type: string
              example: conversation, messages, attentionItems, contact;missing=timeout, account
            ServerTiming:
              description: The time each part and the whole took, in milliseconds. The operator can turn it off.
              schema:
                type: string
              example: conversation;dur=11.8, messages;dur=9.2, total;dur=14.1
            ProxyStatus:
              description: What failed, for machines (RFC 9209). Never an address.
              schema:
                type: string
              example: |-
                conversation-gateway; error=connection_read_timeout; next-hop=crm; details="contact: no answer within 800 ms"
            WWWAuthenticate:
              description: How to authenticate (RFC 6750).
              required: true
              schema:
                type: string
                pattern: ^Bearer
              example: Bearer
            Allow:
              description: What the path does understand.
              required: true
              schema:
                type: string
              example: GET, HEAD
            RetryAfter:
              description: In how many seconds to ask again.
              required: true
              schema:
                type: string
                pattern: ^[0-9]+$
              example: "1"
            RateLimitLimit:
              description: Requests that the tenant may make at once.
              schema:
                type: string
              example: "200"
            RateLimitRemaining:
              description: Requests that are left of those.
              schema:
                type: string
              example: "0"
            RateLimitReset:
              description: In how many seconds one more request would be answered.
              schema:
                type: string
              example: "2"
            AllowOrigin:
              description: The request's `Origin`, if it is a configured one.
              schema:
                type: string
              example: https://app.example.com
            AllowCredentials:
              description: Present where the operator lets browsers send credentials.
              schema:
                const: "true"
            ExposeHeaders:
              description: The fields that a page may read.
              schema:
                type: string
              example: X-Request-Id, ETag, Gateway-Parts, Server-Timing, Proxy-Status, Retry-After

          responses:
            NotModified:
              description: The client's answer is still right. No body, and no `Content-Length`.
              headers:
                X-Request-Id: { $ref: "#/components/headers/RequestId" }
                Date: { $ref: "#/components/headers/Date" }
                X-Content-Type-Options: { $ref: "#/components/headers/ContentTypeOptions" }
                ETag: { $ref: "#/components/headers/ETag" }
                Cache-Control: { $ref: "#/components/headers/CacheControl" }
                Vary: { $ref: "#/components/headers/Vary" }
                Server-Timing: { $ref: "#/components/headers/ServerTiming" }
            BadRequest:
              description: The id is not of the form, `X-Request-Timeout-Ms` is malformed, or the request is not HTTP.
              headers:
                X-Request-Id: { $ref: "#/components/headers/RequestId" }
                Date: { $ref: "#/components/headers/Date" }
                Content-Length: { $ref: "#/components/headers/ContentLength" }
                X-Content-Type-Options: { $ref: "#/components/headers/ContentTypeOptions" }
                Cache-Control: { $ref: "#/components/headers/NoStore" }
                Vary: { $ref: "#/components/headers/Vary" }
                Proxy-Status: { $ref: "#/components/headers/ProxyStatus" }
              content:
                application/json:
                  schema: { $ref: "#/components/schemas/Error" }
                  example: { error: The id is not of the form 8-4-4-4-12 }
            Unauthorized:
              description: |
                No credential, or one that is malformed, unknown, revoked, expired or of the other environment; which of these
                is not told.
              headers:
                X-Request-Id: { $ref: "#/components/headers/RequestId" }
                Date: { $ref: "#/components/headers/Date" }
                Content-Length: { $ref: "#/components/headers/ContentLength" }
                X-Content-Type-Options: { $ref: "#/components/headers/ContentTypeOptions" }
                Cache-Control: { $ref: "#/components/headers/NoStore" }
                Vary: { $ref: "#/components/headers/Vary" }
                WWW-Authenticate: { $ref: "#/components/headers/WWWAuthenticate" }
              content:
                application/json:
                  schema: { $ref: "#/components/schemas/Error" }
                  example: { error: Authentication required }
            Forbidden:
              description: The credential lacks the scope.
              headers:
                X-Request-Id: { $ref: "#/components/headers/RequestId" }
                Date: { $ref: "#/components/headers/Date" }
                Content-Length: { $ref: "#/components/headers/ContentLength" }
                X-Content-Type-Options: { $ref: "#/components/headers/ContentTypeOptions" }
                Cache-Control: { $ref: "#/components/headers/NoStore" }
                Vary: { $ref: "#/components/headers/Vary" }
                Proxy-Status: { $ref: "#/components/headers/ProxyStatus" }
              content:
                application/json:
                  schema: { $ref: "#/components/schemas/Error" }
                  example: { error: Not allowed }
            NotFound:
              description: |
                There is no such conversation, or it is another tenant's, or of a workspace that the key may not see: the three
                answers are the same, byte for byte.
              headers:
                X-Request-Id: { $ref: "#/components/headers/RequestId" }
                Date: { $ref: "#/components/headers/Date" }
                Content-Length: { $ref: "#/components/headers/ContentLength" }
                X-Content-Type-Options: { $ref: "#/components/headers/ContentTypeOptions" }
                Cache-Control: { $ref: "#/components/headers/NoStore" }
                Vary: { $ref: "#/components/headers/Vary" }
              content:
                application/json:
                  schema: { $ref: "#/components/schemas/Error" }
                  example: { error: Conversation not found }
            MethodNotAllowed:
              description: The answer to every method that the path does not understand.
              headers:
                X-Request-Id: { $ref: "#/components/headers/RequestId" }
                Date: { $ref: "#/components/headers/Date" }
                Content-Length: { $ref: "#/components/headers/ContentLength" }
                X-Content-Type-Options: { $ref: "#/components/headers/ContentTypeOptions" }
                Cache-Control: { $ref: "#/components/headers/NoStore" }
                Vary: { $ref: "#/components/headers/Vary" }
                Allow: { $ref: "#/components/headers/Allow" }
              content:
                application/json:
                  schema: { $ref: "#/components/schemas/Error" }
                  example: { error: Method not allowed }
            RequestTimeout:
              description: The request was not complete in time. The connection is closed.
              headers:
                X-Request-Id: { $ref: "#/components/headers/RequestId" }
                Date: { $ref: "#/components/headers/Date" }
                Content-Length: { $ref: "#/components/headers/ContentLength" }
                X-Content-Type-Options: { $ref: "#/components/headers/ContentTypeOptions" }
                Cache-Control: { $ref: "#/components/headers/NoStore" }
                Vary: { $ref: "#/components/headers/Vary" }
                Proxy-Status: { $ref: "#/components/headers/ProxyStatus" }
              content:
                application/json:
                  schema: { $ref: "#/components/schemas/Error" }
                  example: { error: The request took too long to arrive }
            ContentTooLarge:
              description: The request's body is too large. The connection is closed.
              headers:
                X-Request-Id: { $ref: "#/components/headers/RequestId" }
                Date: { $ref: "#/components/headers/Date" }
                Content-Length: { $ref: "#/components/headers/ContentLength" }
                X-Content-Type-Options: { $ref: "#/components/headers/ContentTypeOptions" }
                Cache-Control: { $ref: "#/components/headers/NoStore" }
                Vary: { $ref: "#/components/headers/Vary" }
                Proxy-Status: { $ref: "#/components/headers/ProxyStatus" }
              content:
                application/json:
                  schema: { $ref: "#/components/schemas/Error" }
                  example: { error: The request's body is too large }
            TargetTooLong:
              description: The request line is too long. The connection is closed.
              headers:
                X-Request-Id: { $ref: "#/components/headers/RequestId" }
                Date: { $ref: "#/components/headers/Date" }
                Content-Length: { $ref: "#/components/headers/ContentLength" }
                X-Content-Type-Options: { $ref: "#/components/headers/ContentTypeOptions" }
                Cache-Control: { $ref: "#/components/headers/NoStore" }
                Vary: { $ref: "#/components/headers/Vary" }
                Proxy-Status: { $ref: "#/components/headers/ProxyStatus" }
              content:
                application/json:
                  schema: { $ref: "#/components/schemas/Error" }
                  example: { error: The request's target is too long }
            ExpectationFailed:
              description: "`Expect` asks for something other than `100-continue`."
              headers:
                X-Request-Id: { $ref: "#/components/headers/RequestId" }
                Date: { $ref: "#/components/headers/Date" }
                Content-Length: { $ref: "#/components/headers/ContentLength" }
                X-Content-Type-Options: { $ref: "#/components/headers/ContentTypeOptions" }
                Cache-Control: { $ref: "#/components/headers/NoStore" }
                Vary: { $ref: "#/components/headers/Vary" }
                Proxy-Status: { $ref: "#/components/headers/ProxyStatus" }
              content:
                application/json:
                  schema: { $ref: "#/components/schemas/Error" }
                  example: { error: The expectation cannot be met }
            TooManyRequests:
              description: |
                The tenant is over its rate; or, without the `RateLimit` fields, too many credentials of the client's address
                were refused.
              headers:
                X-Request-Id: { $ref: "#/components/headers/RequestId" }
                Date: { $ref: "#/components/headers/Date" }
                Content-Length: { $ref: "#/components/headers/ContentLength" }
                X-Content-Type-Options: { $ref: "#/components/headers/ContentTypeOptions" }
                Cache-Control: { $ref: "#/components/headers/NoStore" }
                Vary: { $ref: "#/components/headers/Vary" }
                Retry-After: { $ref: "#/components/headers/RetryAfter" }
                RateLimit-Limit: { $ref: "#/components/headers/RateLimitLimit" }
                RateLimit-Remaining: { $ref: "#/components/headers/RateLimitRemaining" }
                RateLimit-Reset: { $ref: "#/components/headers/RateLimitReset" }
              content:
                application/json:
                  schema: { $ref: "#/components/schemas/Error" }
                  example: { error: Too many requests }
            HeadersTooLarge:
              description: The header fields are too large or too many. The connection is closed.
              headers:
                X-Request-Id: { $ref: "#/components/headers/RequestId" }
                Date: { $ref: "#/components/headers/Date" }
                Content-Length: { $ref: "#/components/headers/ContentLength" }
                X-Content-Type-Options: { $ref: "#/components/headers/ContentTypeOptions" }
                Cache-Control: { $ref: "#/components/headers/NoStore" }
                Vary: { $ref: "#/components/headers/Vary" }
                Proxy-Status: { $ref: "#/components/headers/ProxyStatus" }
              content:
                application/json:
                  schema: { $ref: "#/components/schemas/Error" }
                  example: { error: The request's header is too large }
            InternalError:
              description: A mistake of the gateway's own; its log has it under the request's id.
              headers:
                X-Request-Id: { $ref: "#/components/headers/RequestId" }
                Date: { $ref: "#/components/headers/Date" }
                Content-Length: { $ref: "#/components/headers/ContentLength" }
                X-Content-Type-Options: { $ref: "#/components/headers/ContentTypeOptions" }
                Cache-Control: { $ref: "#/components/headers/NoStore" }
                Vary: { $ref: "#/components/headers/Vary" }
                Proxy-Status: { $ref: "#/components/headers/ProxyStatus" }
              content:
                application/json:
                  schema: { $ref: "#/components/schemas/Error" }
                  example: { error: Internal error }
            NotImplemented:
              description: The request's `Transfer-Encoding` is not one the gateway knows. The connection is closed.
              headers:
                X-Request-Id: { $ref: "#/components/headers/RequestId" }
                Date: { $ref: "#/components/headers/Date" }
                Content-Length: { $ref: "#/components/headers/ContentLength" }
                X-Content-Type-Options: { $ref: "#/components/headers/ContentTypeOptions" }
                Cache-Control: { $ref: "#/components/headers/NoStore" }
                Vary: { $ref: "#/components/headers/Vary" }
                Proxy-Status: { $ref: "#/components/headers/ProxyStatus" }
              content:
                application/json:
                  schema: { $ref: "#/components/schemas/Error" }
                  example: { error: Not implemented }
            BadGateway:
              description: |
                A service failed (5xx), could not be reached, broke off, refused the gateway's call (400, 401, 403, 422), or
                answered with something that breaks its contract.
              headers:
                X-Request-Id: { $ref: "#/components/headers/RequestId" }
                Date: { $ref: "#/components/headers/Date" }
                Content-Length: { $ref: "#/components/headers/ContentLength" }
                X-Content-Type-Options: { $ref: "#/components/headers/ContentTypeOptions" }
                Cache-Control: { $ref: "#/components/headers/NoStore" }
                Vary: { $ref: "#/components/headers/Vary" }
                Proxy-Status: { $ref: "#/components/headers/ProxyStatus" }
                Server-Timing: { $ref: "#/components/headers/ServerTiming" }
              content:
                application/json:
                  schema: { $ref: "#/components/schemas/Error" }
                  example: { error: An upstream service failed }
            Unavailable:
              description: A service, or the gateway itself, cannot take more at the moment, or the gateway is about to stop.
              headers:
                X-Request-Id: { $ref: "#/components/headers/RequestId" }
                Date: { $ref: "#/components/headers/Date" }
                Content-Length: { $ref: "#/components/headers/ContentLength" }
                X-Content-Type-Options: { $ref: "#/components/headers/ContentTypeOptions" }
                Cache-Control: { $ref: "#/components/headers/NoStore" }
                Vary: { $ref: "#/components/headers/Vary" }
                Proxy-Status: { $ref: "#/components/headers/ProxyStatus" }
                Retry-After: { $ref: "#/components/headers/RetryAfter" }
                Server-Timing: { $ref: "#/components/headers/ServerTiming" }
              content:
                application/json:
                  schema: { $ref: "#/components/schemas/Error" }
                  example: { error: "The gateway is busy, try again" }
            GatewayTimeout:
              description: A service did not answer in time, or the time for the whole answer is over.
              headers:
                X-Request-Id: { $ref: "#/components/headers/RequestId" }
                Date: { $ref: "#/components/headers/Date" }
                Content-Length: { $ref: "#/components/headers/ContentLength" }
                X-Content-Type-Options: { $ref: "#/components/headers/ContentTypeOptions" }
                Cache-Control: { $ref: "#/components/headers/NoStore" }
                Vary: { $ref: "#/components/headers/Vary" }
                Proxy-Status: { $ref: "#/components/headers/ProxyStatus" }
                Server-Timing: { $ref: "#/components/headers/ServerTiming" }
              content:
                application/json:
                  schema: { $ref: "#/components/schemas/Error" }
                  example: { error: An upstream service did not answer in time }
            VersionNotSupported:
              description: The request is of a version of HTTP that the gateway does not speak. The connection is closed.
              headers:
                X-Request-Id: { $ref: "#/components/headers/RequestId" }
                Date: { $ref: "#/components/headers/Date" }
                Content-Length: { $ref: "#/components/headers/ContentLength" }
                X-Content-Type-Options: { $ref: "#/components/headers/ContentTypeOptions" }
                Cache-Control: { $ref: "#/components/headers/NoStore" }
                Vary: { $ref: "#/components/headers/Vary" }
                Proxy-Status: { $ref: "#/components/headers/ProxyStatus" }
              content:
                application/json:
                  schema: { $ref: "#/components/schemas/Error" }
                  example: { error: HTTP version not supported }

          schemas:
            Error:
              type: object
              description: What every failure looks like. Holds no address, no credential, and nothing that a service said.
              required: [error]
              additionalProperties: false
              properties:
                error:
                  type: string
                  description: A sentence for a person.
                  examples: [Conversation not found]

            EnrichedConversation:
              type: object
              description: |
                A conversation and everything that belongs to it: the gateway's answer. All members are always present, in this
                order.
              required:
                - id
                - tenantId
                - workspaceId
                - channelId
                - contactId
                - accountId
                - status
                - summary
                - subject
                - outcome
                - messageCount
                - lastMessageAt
                - createdAt
                - updatedAt
                - contact
                - account
                - messages
                - attentionItems
              additionalProperties: false
              properties:
                id:
                  type: string
                  description: The conversation's id, as the service that owns it writes it.
                  examples: [7b2f4c1e-9a3d-4e8b-b6f0-2d5c8e1a4f73]
                tenantId:
                  type: string
                  description: The tenant; always the credential's own.
                  examples: [t-4711]
                workspaceId:
                  type: string
                  examples: [ws-1]
                channelId:
                  type: string
                  description: The channel by which the contact writes.
                  examples: [ch-email-1]
                contactId:
                  type: [string, "null"]
                  description: "Null: not resolved yet."
                  examples: [ct-1]
                accountId:
                  type: [string, "null"]
                  description: "Null: not resolved yet, or there is none because the contact is a private person."
                  examples: [ac-1]
                status:
                  type: string
                  x-extensible-enum: [new, active, human_managed, resolved, waiting]
                  examples: [active]
                summary:
                  type: [string, "null"]
                  examples: [Asks when the replacement arrives.]
                subject:
                  type: [string, "null"]
                  examples: [Order 1042]
                outcome:
                  type: [string, "null"]
                  description: How it ended, once it has.
                  examples: [null]
                messageCount:
                  type: integer
                  minimum: 0
                  description: |
                    As the service that owns the conversation counts.
                  examples: [2]
                lastMessageAt:
                  type: [string, "null"]
                  format: date-time
                  examples: ["2026-03-01T12:30:00Z"]
                createdAt:
                  type: string
                  format: date-time
                  examples: ["2026-03-01T12:00:00Z"]
                updatedAt:
                  type: string
                  format: date-time
                  examples: ["2026-03-01T12:30:00Z"]
                contact:
                  description: |
                    Whom `contactId` names. Null: it is null, the record is gone, or (then `Gateway-Parts` says so) it could not
                    be had.
                  anyOf:
                    - $ref: "#/components/schemas/Contact"
                    - type: "null"
                account:
                  description: |
                    What `accountId` names. Null: it is null, the record is gone, or (then `Gateway-Parts` says so) it could not
                    be had.
                  anyOf:
                    - $ref: "#/components/schemas/Account"
                    - type: "null"
                messages:
                  type: array
                  description: Oldest first.
                  items:
                    $ref: "#/components/schemas/Message"
                attentionItems:
                  type: array
                  description: What needs, or needed, a person's attention; open and resolved ones.
                  items:
                    $ref: "#/components/schemas/AttentionItem"

            Conversation:
              type: object
              description: |
                A conversation alone: what the conversations service replies with. Its members become those of
                EnrichedConversation, where they are described.
              required: [id, tenantId, workspaceId, channelId, status, messageCount, createdAt, updatedAt]
              additionalProperties: false
              properties:
                id:
                  type: string
                  description: The one that was asked for; a reply with another breaks the contract.
                  x-from-path: conversations
                tenantId:
                  type: string
                workspaceId:
                  type: string
                channelId:
                  type: string
                contactId:
                  type: [string, "null"]
                accountId:
                  type: [string, "null"]
                status:
                  type: string
                  x-extensible-enum: [new, active, human_managed, resolved, waiting]
                summary:
                  type: [string, "null"]
                subject:
                  type: [string, "null"]
                outcome:
                  type: [string, "null"]
                messageCount:
                  type: integer
                  minimum: 0
                lastMessageAt:
                  type: [string, "null"]
                  format: date-time
                createdAt:
                  type: string
                  format: date-time
                updatedAt:
                  type: string
                  format: date-time

            Contact:
              type: object
              description: |
                Who writes, from the CRM. Its id need not be the `contactId` that was asked for: a CRM may have merged records.
                Members that are not listed are passed on. In an answer all that are listed are present.
              required: [id, tenantId, resolutionStatus, createdAt, updatedAt]
              additionalProperties: true
              properties:
                id:
                  type: string
                  examples: [ct-1]
                tenantId:
                  type: string
                  examples: [t-4711]
                resolutionStatus:
                  type: string
                  description: How sure the CRM is whom it has before it.
                  examples: [resolved]
                externalRef:
                  type: [string, "null"]
                  description: The tenant's own name for the contact.
                  examples: [C-2041]
                firstName:
                  type: [string, "null"]
                  examples: [Ada]
                lastName:
                  type: [string, "null"]
                  examples: [Moreau]
                name:
                  type: [string, "null"]
                  examples: [Ada Moreau]
                email:
                  type: [string, "null"]
                  examples: [ada@example.com]
                phone:
                  type: [string, "null"]
                  examples: ["+33 1 23 45 67 89"]
                companyName:
                  type: [string, "null"]
                  examples: [Moreau SARL]
                accountId:
                  type: [string, "null"]
                  examples: [ac-1]
                accountName:
                  type: [string, "null"]
                  examples: [Moreau SARL]
                identities:
                  type: array
                  description: Where else the contact is known. Empty where the CRM names none.
                  items:
                    $ref: "#/components/schemas/Identity"
                createdAt:
                  type: string
                  format: date-time
                  examples: ["2025-11-20T08:15:00Z"]
                updatedAt:
                  type: string
                  format: date-time
                  examples: ["2026-02-28T17:40:00Z"]

            Identity:
              type: object
              description: A contact's name on one channel.
              additionalProperties: false
              properties:
                channel:
                  type: [string, "null"]
                  examples: [email]
                value:
                  type: [string, "null"]
                  examples: [ada@example.com]

            Account:
              type: object
              description: |
                The company that the contact writes for, from the CRM. Its id need not be the `accountId` that was asked for.
                Members that are not listed are passed on. In an answer all that are listed are present.
              required: [id, tenantId, name, resolutionStatus]
              additionalProperties: true
              properties:
                id:
                  type: string
                  examples: [ac-1]
                tenantId:
                  type: string
                  examples: [t-4711]
                name:
                  type: string
                  examples: [Moreau SARL]
                resolutionStatus:
                  type: string
                  examples: [resolved]
                externalRef:
                  type: [string, "null"]
                  examples: [A-77]
                emailDomain:
                  type: [string, "null"]
                  examples: [moreau.example.com]
                vatNumber:
                  type: [string, "null"]
                  examples: [FR00123456789]
                vatValid:
                  type: [boolean, "null"]
                  examples: [true]
                country:
                  type: [string, "null"]
                  examples: [FR]
                phone:
                  type: [string, "null"]
                  examples: ["+33 1 23 45 67 00"]
                website:
                  type: [string, "null"]
                  examples: ["https://moreau.example.com"]
                companyType:
                  type: [string, "null"]
                  examples: [SARL]
                createdAt:
                  type: [string, "null"]
                  format: date-time
                  examples: ["2025-11-20T08:15:00Z"]
                updatedAt:
                  type: [string, "null"]
                  format: date-time
                  examples: ["2026-02-28T17:40:00Z"]

            Message:
              type: object
              description: One message of a conversation. In an answer all members are present.
              required: [id, conversationId, direction, senderType, content, createdAt]
              additionalProperties: false
              properties:
                id:
                  type: string
                  examples: [m-1]
                conversationId:
                  type: string
                  description: The conversation's id; a message of another one is left out.
                  x-from-path: conversations
                  examples: [7b2f4c1e-9a3d-4e8b-b6f0-2d5c8e1a4f73]
                direction:
                  type: string
                  x-extensible-enum: [inbound, outbound]
                  examples: [inbound]
                senderType:
                  type: string
                  x-extensible-enum: [contact, ai, human]
                  examples: [contact]
                senderId:
                  type: [string, "null"]
                  examples: [ct-1]
                senderName:
                  type: [string, "null"]
                  examples: [Ada Moreau]
                content:
                  type: string
                  examples: ["When will it arrive?"]
                deliveryStatus:
                  type: [string, "null"]
                  examples: [delivered]
                attachments:
                  type: array
                  description: Empty where there are none.
                  items:
                    $ref: "#/components/schemas/Attachment"
                createdAt:
                  type: string
                  format: date-time
                  examples: ["2026-03-01T12:00:00Z"]

            Attachment:
              type: object
              description: A file that came with a message.
              additionalProperties: false
              properties:
                id:
                  type: [string, "null"]
                  examples: [at-1]
                messageId:
                  type: [string, "null"]
                  examples: [m-1]
                fileName:
                  type: [string, "null"]
                  examples: [receipt.pdf]
                contentType:
                  type: [string, "null"]
                  examples: [application/pdf]
                sizeBytes:
                  type: [integer, "null"]
                  examples: [48213]
                url:
                  type: [string, "null"]
                  examples: ["https://files.example.com/at-1"]
                createdAt:
                  type: [string, "null"]
                  format: date-time
                  examples: ["2026-03-01T12:00:00Z"]

            AttentionItem:
              type: object
              description: |
                Something about a conversation that needs, or needed, a person's attention. In an answer all members are
                present.
              required: [id, tenantId, conversationId, type, status, createdAt]
              additionalProperties: false
              properties:
                id:
                  type: string
                  examples: [ai-1]
                tenantId:
                  type: string
                  examples: [t-4711]
                conversationId:
                  type: string
                  description: |
                    The conversation's id. A service may reply with the tenant's whole list: items of other conversations are
                    left out.
                  x-from-path: conversations
                  examples: [7b2f4c1e-9a3d-4e8b-b6f0-2d5c8e1a4f73]
                type:
                  type: string
                  examples: [handover_requested]
                status:
                  type: string
                  x-extensible-enum: [open, resolved]
                  examples: [open]
                reason:
                  type: [string, "null"]
                  examples: [Asked for a person.]
                resolvedAt:
                  type: [string, "null"]
                  format: date-time
                  examples: [null]
                createdAt:
                  type: string
                  format: date-time
                  examples: ["2026-03-01T12:05:00Z"]

        """#
}
