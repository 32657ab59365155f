"""One bundler per target, each with the same shape: a checked project in, a bundle out."""

from __future__ import annotations

from collections.abc import Mapping

from builds.bundlers import aws_lambda, cloudflare, nodejs, vercel
from builds.bundlers.contract import Bundler
from core.targets import Target

BUNDLERS: Mapping[Target, Bundler] = {
    Target.NODEJS: nodejs.bundle,
    Target.CLOUDFLARE: cloudflare.bundle,
    Target.LAMBDA: aws_lambda.bundle,
    Target.VERCEL: vercel.bundle,
}
