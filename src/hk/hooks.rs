pub fn api_http_client() {}
