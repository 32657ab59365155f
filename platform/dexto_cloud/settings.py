"""Django settings: a table of names, read once from the environment. No I/O, no logic."""

from __future__ import annotations

from pathlib import Path

import structlog

from dexto_cloud import celery  # noqa: F401  tasks are this application's in every process that reads the settings
from dexto_cloud.environment import Environment, database_settings, host_of, refuse_shared_domain

env = Environment()
ROOT = Path(__file__).resolve().parents[2]

# Who we are
DEBUG = env.debug
SECRET_KEY = env.required("SECRET_KEY", in_debug="only-for-development-" + "0" * 40)
PUBLIC_URL = env.required("DEXTO_PUBLIC_URL", in_debug="http://localhost:8400").rstrip("/")
INTAKE_URL = env.text("DEXTO_INTAKE_URL", default=PUBLIC_URL).rstrip("/")  # where the local origin's deliveries go
BASE_DOMAIN = env.required("DEXTO_BASE_DOMAIN", in_debug="localhost").lower()
AGENT_SCHEME = env.text("DEXTO_AGENT_SCHEME", default="http" if BASE_DOMAIN == "localhost" else "https")
AGENT_PORT = env.text("DEXTO_AGENT_PORT", default="")  # shown in URLs when it is not the scheme's own
EMBEDDED = env.flag("DEXTO_EMBEDDED", default=False)
refuse_shared_domain(base_domain=BASE_DOMAIN, dashboard_host=host_of(PUBLIC_URL), debug=DEBUG or EMBEDDED)

# Secrets
ENCRYPTION_KEYS = env.encryption_keys("DEXTO_ENCRYPTION_KEYS", in_debug="debug:" + "A" * 43 + "=")
WEBHOOK_SECRET = env.required("DEXTO_WEBHOOK_SECRET", in_debug="only-for-development")

# The app at GitHub, where none is to be made on the dashboard
GITHUB_APP = env.github_app()
# Who signs for the workflows that may deploy here without a secret
ACTIONS_ISSUER = env.text("DEXTO_ACTIONS_ISSUER", default="https://token.actions.githubusercontent.com")

# Private networks in which notifications may be told, such as that of an own chat; else only the internet
NOTIFY_NETWORKS = env.networks("DEXTO_NOTIFY_NETWORKS")
# Mail, to people who forgot their password and about what happens; without a server there is none
SMTP = env.mail_server("DEXTO_SMTP_URL")
MAIL_FROM = env.text("DEXTO_MAIL_FROM", default=f"Dexto Cloud <dexto-cloud@{host_of(PUBLIC_URL)}>")
MAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
PASSWORD_RESET_TIMEOUT = 3_600

METRICS_TOKEN = env.text("DEXTO_METRICS_TOKEN", default="")  # without one nobody sees /metrics

# Traces, to an OpenTelemetry collector; without one they are off
TRACES_TO = env.text("OTEL_EXPORTER_OTLP_ENDPOINT", default="")
TRACE_HEADERS = env.pairs("OTEL_EXPORTER_OTLP_HEADERS")
TRACER = "clients.otlp_tracer.OtlpTracer"  # loaded by whoever first traces

# Engines
DATABASES = {
    "default": database_settings(
        env.required("DATABASE_URL", in_debug="postgresql:///dexto"),
        pooled=env.flag("DEXTO_DATABASE_POOL", default=True),
    )
}
REDIS_URL = env.required("REDIS_URL", in_debug="redis://127.0.0.1:6379/0")
OBJECT_STORE = "clients.s3_store.S3Store"  # loaded by whoever first needs it: most processes do not
S3_ENDPOINT_URL = env.text("S3_ENDPOINT_URL", default="")
#: Where the internet reaches the store; empty: what vendors fetch, this installation hands them itself.
S3_PUBLIC_URL = env.text("S3_PUBLIC_URL", default=S3_ENDPOINT_URL if S3_ENDPOINT_URL.startswith("https://") else "")
S3_BUCKET = env.required("S3_BUCKET", in_debug="dexto")
S3_REGION = env.text("S3_REGION", default="auto")
S3_ACCESS_KEY_ID = env.required("S3_ACCESS_KEY_ID", in_debug="development")
S3_SECRET_ACCESS_KEY = env.required("S3_SECRET_ACCESS_KEY", in_debug="development")

# Places on this machine
DATA_DIR = Path(env.required("DEXTO_DATA_DIR", in_debug=str(ROOT / ".data")))
RUN_DIR = Path(env.text("DEXTO_RUN_DIR", default=str(DATA_DIR / "run")))  # sockets: keep it short
ROUTES_DIR = RUN_DIR / "routes"
CLOCK_IN_WORKER = env.flag("DEXTO_CLOCK_IN_WORKER", default=False)
NODE_NAME = env.text("DEXTO_NODE_NAME", default="node-1")
RUNTIME_DIR = ROOT / "runtime"
DOCS_DIR = ROOT / "docs"  # the documents that the dashboard shows, with README.md beside them
#: The agent runtime that goes into bundles; another folder of the same shape may take its place.
AGENT_RUNTIME_DIR = Path(env.text("DEXTO_AGENT_RUNTIME_DIR", default=str(RUNTIME_DIR)))

# Strangers' code: what keeps it in, what it may reach and use
SANDBOX = env.text("DEXTO_SANDBOX", default="auto")  # or bubblewrap, container, none
INSECURE_BUILDS = env.flag("DEXTO_INSECURE_BUILDS", default=False)  # every project here is our own
CONTAINER_PROGRAM = env.text("DEXTO_CONTAINER_PROGRAM", default="")
SANDBOX_IMAGE = env.text("DEXTO_SANDBOX_IMAGE", default="")
REGISTRY_HOSTS = env.words("DEXTO_REGISTRY_HOSTS", default="registry.npmjs.org")  # host, or host:port
AGENT_HOSTS = env.words("DEXTO_AGENT_HOSTS", default="")  # host:port of our own network that agents may reach
AGENT_MEMORY_BYTES = env.whole_number("DEXTO_AGENT_MEMORY_BYTES", default=512 * 1024 * 1024)
AGENT_PROCESSES = env.whole_number("DEXTO_AGENT_PROCESSES", default=256)
AGENT_DISK_BYTES = env.whole_number("DEXTO_AGENT_DISK_BYTES", default=1024 * 1024 * 1024)

# Platforms and storages elsewhere: where APIs and agents are reached, for proxies and tests; "" is the vendor's own
PLATFORM_ENDPOINTS = {
    platform: (
        env.text(f"DEXTO_{platform.upper()}_API_URL", default="").rstrip("/"),
        env.text(f"DEXTO_{platform.upper()}_EDGE_URL", default="").rstrip("/"),
    )
    for platform in ("cloudflare", "aws", "vercel", "railway", "render", "fly", "heroku", "neon", "supabase", "convex")
}

DNS_SERVER = env.text("DEXTO_DNS_SERVER", default="")  # host:port of who is asked for people's domains

# Limits: each wait and each size has one
LEASE_SECONDS = env.whole_number("DEXTO_LEASE_SECONDS", default=20)
WORKER_DRAIN_SECONDS = env.whole_number("DEXTO_WORKER_DRAIN_SECONDS", default=8)
# Between two things that a code host is told: what GitHub asks for, lest it answers with a secondary limit.
CODE_HOST_WRITE_SECONDS = env.whole_number("DEXTO_CODE_HOST_WRITE_SECONDS", default=1)
OUTAGE_SECONDS = env.whole_number("DEXTO_OUTAGE_SECONDS", default=1_800)  # an engine that is away is waited for
OPERATION_ATTEMPTS = env.whole_number("DEXTO_OPERATION_ATTEMPTS", default=4)
BUILD_SLOTS = env.whole_number("DEXTO_BUILD_SLOTS", default=2)
TEAM_BUILD_SLOTS = env.whole_number("DEXTO_TEAM_BUILD_SLOTS", default=2)
FETCH_SECONDS = env.whole_number("DEXTO_FETCH_SECONDS", default=300)
IGNORE_SECONDS = env.whole_number("DEXTO_IGNORE_SECONDS", default=60)
BUNDLE_SECONDS = env.whole_number("DEXTO_BUNDLE_SECONDS", default=120)
NODE_SECONDS = env.whole_number("DEXTO_NODE_SECONDS", default=120)
HEALTH_SECONDS = env.whole_number("DEXTO_HEALTH_SECONDS", default=30)
DRAIN_SECONDS = env.whole_number("DEXTO_DRAIN_SECONDS", default=300)
IDLE_SECONDS = env.whole_number("DEXTO_IDLE_SECONDS", default=600)
BUILD_SECONDS = env.whole_number("DEXTO_BUILD_SECONDS", default=900)
BUILD_MEMORY_BYTES = env.whole_number("DEXTO_BUILD_MEMORY_BYTES", default=1024 * 1024 * 1024)
BUILD_DISK_BYTES = env.whole_number("DEXTO_BUILD_DISK_BYTES", default=2 * 1024 * 1024 * 1024)
MAX_FILE_BYTES = env.whole_number("DEXTO_MAX_FILE_BYTES", default=25 * 1024 * 1024)
MAX_PROJECT_BYTES = env.whole_number("DEXTO_MAX_PROJECT_BYTES", default=250 * 1024 * 1024)
MAX_PROJECT_FILES = env.whole_number("DEXTO_MAX_PROJECT_FILES", default=20_000)
MIN_FREE_DISK_BYTES = env.whole_number("DEXTO_MIN_FREE_DISK_BYTES", default=256 * 1024 * 1024)

# Quotas of each team; 0 is no limit
TEAM_PROJECTS = env.whole_number("DEXTO_TEAM_PROJECTS", default=0)
TEAM_STORED_BYTES = env.whole_number("DEXTO_TEAM_STORED_BYTES", default=0)
TEAM_DEPLOYMENTS_PER_DAY = env.whole_number("DEXTO_TEAM_DEPLOYMENTS_PER_DAY", default=0)
TEAM_RUNNING_AGENTS = env.whole_number("DEXTO_TEAM_RUNNING_AGENTS", default=0)

# Retention, in days. What serves, the newest and the last productions are kept whatever their age.
FAILED_DAYS = env.whole_number("DEXTO_FAILED_DAYS", default=30)
CANCELLED_DAYS = env.whole_number("DEXTO_CANCELLED_DAYS", default=14)
PREVIEW_DAYS = env.whole_number("DEXTO_PREVIEW_DAYS", default=60)
PRODUCTION_DAYS = env.whole_number("DEXTO_PRODUCTION_DAYS", default=365)
BUILD_CACHE_DAYS = env.whole_number("DEXTO_BUILD_CACHE_DAYS", default=14)
MIRROR_DAYS = env.whole_number("DEXTO_MIRROR_DAYS", default=30)
LOG_DAYS = env.whole_number("DEXTO_LOG_DAYS", default=90)
METRIC_DAYS = env.whole_number("DEXTO_METRIC_DAYS", default=8)
LEDGER_DAYS = env.whole_number("DEXTO_LEDGER_DAYS", default=30)
DELETED_PROJECT_DAYS = env.whole_number("DEXTO_DELETED_PROJECT_DAYS", default=7)
BLOB_GRACE_SECONDS = env.whole_number("DEXTO_BLOB_GRACE_SECONDS", default=86_400)

MAX_DELIVERY_BYTES = 25 * 1024 * 1024  # GitHub's own limit

# Django
_OF_THE_API = {"rest_framework", "drf_spectacular", "drf_spectacular_sidecar", "api"}
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "projects",
    "builds",
    "deployments",
    "webhooks",
    "origin",
    "api",
    "dashboard",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "dashboard.middleware.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
ROOT_URLCONF = "dexto_cloud.urls"
# Each process loads what it does, which is half of its memory. Without a name it is everything.
PROCESS = env.text("DEXTO_PROCESS", default="")
if PROCESS == "intake":  # answers machines under load: no sessions, no cookies, nothing but the view
    INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "projects", "webhooks"]
    MIDDLEWARE = []
    ROOT_URLCONF = "dexto_cloud.intake_urls"
elif PROCESS in {"streams", "worker", "node"}:  # serves no page
    INSTALLED_APPS = [app for app in INSTALLED_APPS if app not in _OF_THE_API]
WSGI_APPLICATION = "dexto_cloud.wsgi.application"
ASGI_APPLICATION = "dexto_cloud.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "dashboard.context.installation",
            ]
        },
    }
]
AUTH_USER_MODEL = "projects.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "sign-in"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TIME_ZONE = "UTC"
USE_TZ = True
LANGUAGE_CODE = "en"
APPEND_SLASH = False
DATA_UPLOAD_MAX_MEMORY_SIZE = MAX_DELIVERY_BYTES + 1

# Static files, served by the app with far-future names
STATIC_URL = "static/"
COLLECTED = not (DEBUG or EMBEDDED)  # `collectstatic` was run; otherwise files are found where they lie
STATIC_ROOT = env.text("DEXTO_STATIC_ROOT", default=str(ROOT / "static-collected")) if COLLECTED else None
STATICFILES_DIRS = [ROOT / "static"]
WHITENOISE_USE_FINDERS = not COLLECTED
WHITENOISE_AUTOREFRESH = DEBUG
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if COLLECTED
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}

# Security: what `check --deploy` asks for, wherever the dashboard is served by TLS
SERVED_BY_TLS = PUBLIC_URL.startswith("https://")
ALLOWED_HOSTS = (
    ["*"] if DEBUG else [*env.words("DEXTO_ALLOWED_HOSTS", default=""), host_of(PUBLIC_URL), f".{BASE_DOMAIN}"]
)
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SERVED_BY_TLS else None
SECURE_SSL_REDIRECT = SERVED_BY_TLS
SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz|metrics)$", r"^internal/"]  # asked from inside, without TLS
SECURE_HSTS_SECONDS = 31_536_000 if SERVED_BY_TLS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SERVED_BY_TLS
SECURE_HSTS_PRELOAD = SERVED_BY_TLS
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SERVED_BY_TLS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_NAME = "dexto_session"
CSRF_COOKIE_NAME = "dexto_csrf"

# Celery: messages are nudges and may be lost; rows are the truth
CELERY_BROKER_URL = REDIS_URL
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": BUILD_SECONDS * 4,  # longer than the longest build, or a message would run twice
    "socket_connect_timeout": 2,
    "socket_timeout": 30,
    "retry_policy": {"timeout": 2.0},
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_BEAT_SYNC_EVERY = env.whole_number("DEXTO_CLOCK_SYNC_EVERY", default=0)  # nudges until it writes its schedule
CELERY_BEAT_SCHEDULE = {
    "reap": {"task": "projects.tasks.reap", "schedule": 2.0},
    "deliveries": {"task": "webhooks.tasks.process_deliveries", "schedule": 2.0},
    "polling": {"task": "webhooks.tasks.poll", "schedule": 10.0},
    "recovery": {"task": "webhooks.tasks.recover", "schedule": 300.0},
    "reconcile": {"task": "webhooks.tasks.reconcile", "schedule": 86_400.0},
    "origin": {"task": "origin.tasks.announce_all", "schedule": 5.0},
    "logs": {"task": "builds.tasks.seal_logs", "schedule": 30.0},
    "services": {"task": "deployments.tasks.inspect_services", "schedule": 86_400.0},
    "sweep": {"task": "deployments.tasks.sweep", "schedule": 3_600.0},
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["api.authentication.TokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["api.permissions.HasScope"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["api.parsers.JSONParser"],
    "EXCEPTION_HANDLER": "api.errors.answer",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Dexto Cloud",
    "VERSION": "1",
    "DESCRIPTION": (
        "The version is in the address: `/api/v1`. Within it nothing is taken away and nothing changes its meaning; "
        "what is added are addresses, parameters that may be left out, and fields of answers, so ignore fields that "
        "you do not know. What cannot be had so becomes `/api/v2`, beside which `/api/v1` goes on for a year.\n\n"
        "A list comes in pages: the header `Link` names the next one. What makes something takes an "
        "`Idempotency-Key`. Every refusal is `application/problem+json` with a stable `code`."
    ),
    "OAS_VERSION": "3.1.0",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "",
    "SERVE_INCLUDE_SCHEMA": False,
    "POSTPROCESSING_HOOKS": ["api.description.with_refusals"],
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "structured": {
            "()": structlog.stdlib.ProcessorFormatter,
            "foreign_pre_chain": [structlog.contextvars.merge_contextvars, structlog.stdlib.add_log_level],
            "processors": [
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer(),
            ],
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "structured"}},
    "root": {"handlers": ["stderr"], "level": env.text("DEXTO_LOG_LEVEL", default="INFO")},
    "loggers": {
        "httpx": {"level": "WARNING"},
        "httpcore": {"level": "WARNING"},
        "botocore": {"level": "WARNING"},
        "celery.app.trace": {"level": "WARNING"},
        "celery.worker.strategy": {"level": "WARNING"},
        "celery.beat": {"level": "WARNING"},
        "uvicorn.access": {"level": "WARNING"},
        "django.request": {"level": "ERROR"},
    },
}
structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
