"""The documented call of the Hong Kong service through the Python client of openapi-generator."""

import os

from cookies import CookiePool
from hk_trade_client import ApiClient, Configuration, TradeApi
from hk_trade_client.models import AreaClass, CommodityClass, Frequency, Language, Statistic, TradeType


def api(variable):
    client = ApiClient(Configuration(host=os.environ[variable]))
    client.rest_client.pool_manager = CookiePool()
    return TradeApi(client)


# Total exports to the mainland of China, May and June 2018.
answer = api("TRADEBIND_HK_URL").get_trade(
    lang=Language.TC,
    sv=[Statistic.VCM],
    freq=Frequency.M,
    period=["201805", "201806"],
    ttype=TradeType("4"),
    ccclass=AreaClass.C,
    cc=["CN"],
    _request_timeout=30,
)
if answer.header.status.code != 0:
    raise SystemExit(f"the answer is a failure: {answer.header.status}")
figures = [row.figure for row in answer.data_set]
if figures != ["194542691", "186190690"]:
    raise SystemExit(f"the figures are {figures}, not those of the guide")
print("hk-trade python: figures", " and ".join(figures))

# Every list with two items, to a listener that looks at the address only.
api("TRADEBIND_LISTENER_URL").get_trade(
    lang=Language.EN,
    sv=[Statistic.VCM, Statistic.QCM],
    freq=Frequency.M,
    period=["201805", "201806"],
    ttype=TradeType("1"),
    coclass=AreaClass.C,
    co=["US", "JP"],
    ccclass=AreaClass.C,
    cc=["CN", "VN"],
    codeclass=CommodityClass.HKHS4,
    code=["1006", "3907"],
    _request_timeout=30,
)
