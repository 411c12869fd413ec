"""The Flask extensions, created once here and bound to an application in `create_app`."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING

from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import LoginManager, current_user
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect
from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase


class Base(DeclarativeBase):
    """Base of all tables; constraints get predictable names, so that migrations can name them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


IPV6_PREFIX = 64
"""The smallest network that a household or a phone gets; every address in it is the same sender."""


def sender_network() -> str:
    """The network address that a request comes from; of IPv6 its first 64 bits."""
    address = get_remote_address()
    try:
        if ip_address(address).version == 4:
            return address
        return str(ip_network((address, IPV6_PREFIX), strict=False))
    except ValueError:
        return address


def requester() -> str:
    """Whom a request is counted against: the account, else the network address."""
    if current_user.is_authenticated:
        return f"user {current_user.id}"
    return sender_network()


db = SQLAlchemy(model_class=Base)
migrate = Migrate()
csrf = CSRFProtect()
login_manager = LoginManager()
limiter = Limiter(key_func=requester)

if TYPE_CHECKING:
    Model = Base
else:
    Model = db.Model
