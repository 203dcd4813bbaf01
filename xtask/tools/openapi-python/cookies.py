"""A cookie jar for the Python clients of openapi-generator: the library under them, urllib3, keeps none."""

import http.cookiejar
import urllib.parse
import urllib.request

import urllib3


class CookiePool(urllib3.PoolManager):
    """Follows redirects itself, since the cookie that one sets must go back with the next request."""

    def __init__(self, **options):
        super().__init__(**options)
        self.jar = http.cookiejar.CookieJar()

    def urlopen(self, method, url, redirect=True, **options):
        for _ in range(10):
            headers = dict(options.pop("headers", None) or {})
            request = urllib.request.Request(url, headers=headers, method=method)
            self.jar.add_cookie_header(request)
            sent = {**headers, **dict(request.unredirected_hdrs)}
            response = super().urlopen(method, url, redirect=False, headers=sent, **options)
            self.jar.extract_cookies(response, request)
            target = redirect and response.get_redirect_location()
            if not target:
                return response
            url, options["headers"] = urllib.parse.urljoin(url, target), headers
        raise urllib3.exceptions.HTTPError(f"more than ten redirects, the last to {url}")
