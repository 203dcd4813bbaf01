use super::wire::wire_enum;

wire_enum! {
    /// How a query went: `header.status.code`. Failures come with HTTP 200 (observed).
    StatusCode, what: "status code", source: "C&SD query guide, section B", numeric: true,
    {
        /// The query went well.
        Success = "0", "success";
        /// The query was refused, or found nothing; `message` tells which (observed).
        Fail = "1", "fail";
        /// The usage limit is reached; its height is unpublished.
        UsageLimit = "2", "usage-limit";
        /// The server is busy at this moment.
        ServerBusy = "3", "server-busy";
        /// Access denied: the session cookie is missing (observed).
        AccessDenied = "4", "access-denied";
    }
}
