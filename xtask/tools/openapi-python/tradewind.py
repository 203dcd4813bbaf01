"""The documented call of TradeWind through the Python client of openapi-generator."""

import os

from tradewind_client import ApiClient, Configuration, CustomsApi
from tradewind_client.models import Role, WorldRegionsRequest

configuration = Configuration(host=os.environ["TRADEBIND_TRADEWIND_URL"], access_token="tw_test_x")
# Exporters of pet, one year; the fields left out here go out with the document's defaults.
request = WorldRegionsRequest(
    type=Role.EXPORTER,
    start_time="2024-04-19",
    end_time="2025-04-18",
    product="pet",
)
answer = CustomsApi(ApiClient(configuration)).world_regions(request, _request_timeout=30)
regions, charged = len(answer.data.actual_instance.data.list), answer.meta.billing.credits_charged
if (regions, charged) != (10, 0.14):
    raise SystemExit(f"{regions} regions and {charged} credits, not the documented 10 and 0.14")
print(f"tradewind python: {regions} regions, {charged} credits")
