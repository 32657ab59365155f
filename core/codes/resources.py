"""Codes about resources: URIs, data sources, templates, loading, configuration sources."""

from core.codes.explanation import Explanation

CODES = (
    Explanation(
        "uri_not_absolute",
        "A resource is not named by an absolute URI",
        "An agent has no working folder where it runs, so a relative path means nothing there.",
        "Write ${{dexto.agent_dir}}/… for files, or s3://… or https://….",
    ),
    Explanation(
        "uri_file_not_absolute",
        "A file:// URI has no absolute path",
        "A file URI has three slashes: file:///path. In file://./x the dot would be a host's name.",
        "Write ${{dexto.agent_dir}}/x, or file:///absolute/path.",
    ),
    Explanation(
        "uri_invalid",
        "A URI is not valid",
        "It holds a character that a URI cannot hold, credentials or a variable, names no host, bucket or object, "
        "or is longer than any.",
        "Encode blanks as %20; put credentials and variables into the data source.",
    ),
    Explanation(
        "path_traversal",
        "A path climbs out of its folder",
        "A path with `..`, plain or encoded, could reach files outside the project.",
        "Name the file from ${{dexto.project_dir}}, without `..`.",
    ),
    Explanation(
        "template_unknown",
        "There is no such template",
        "Templates are ${{dexto.agent_dir}}, the folder of the agent's file, and ${{dexto.project_dir}}.",
        "Use one of these two; for variables write ${NAME}.",
    ),
    Explanation(
        "template_not_first",
        "A template is not at the beginning",
        "A template stands for a whole folder, so in a URI it is the beginning, once, followed by a slash.",
        "Write ${{dexto.agent_dir}}/path.",
    ),
    Explanation(
        "template_without_folder",
        "A template has no folder to stand for",
        "Templates stand for the folder of the agent's file; a configuration from S3 or HTTP has none.",
        "Name resources by s3:// or https://.",
    ),
    Explanation(
        "bare_path",
        "A bare path was read as a file of the project",
        "Newer projects may name files by a plain path. It becomes a file:// URI with a data source `fs` "
        "that need not be declared.",
        "Nothing must be done; ${{dexto.agent_dir}}/… says the same without the remark.",
    ),
    Explanation(
        "resource_unsupported_scheme",
        "The URI's scheme cannot be used here",
        "Each field allows certain schemes. Code, for example, never comes over plain http.",
        "Use one of the schemes that the finding lists.",
    ),
    Explanation(
        "resource_unknown_data_source",
        "There is no such data source",
        "A resource names a data source that is not declared. Without `dataSource` it is the one called fs.",
        "Declare it under dataSources, or name one that is declared.",
    ),
    Explanation(
        "resource_scheme_mismatch",
        "The URI does not fit its data source",
        "A data source of type s3 answers s3:// only, http answers http:// and https://, fs answers file://.",
        "Name a data source of the matching type.",
    ),
    Explanation(
        "resource_outside_source",
        "The resource is not in its data source",
        "The URI names another bucket, table or address than its data source. The source's credentials are "
        "meant for that place only, so they are not shown elsewhere.",
        "Declare a data source for the other place.",
    ),
    Explanation(
        "resource_unsupported_environment",
        "The data source is not available on this target",
        "Files on disk do not exist on serverless targets. A file of the project is bundled by the build, "
        "which this remark then only says; any other file is an error there.",
        "Move the file into the project, or use an s3 or http data source.",
    ),
    Explanation(
        "resource_load_failed",
        "A resource could not be loaded",
        "The server refused, has no such object, did not answer in time, ended early, or its address is one "
        "that the platform does not visit for a project.",
        "The sentence says which; check the URI and the data source's credentials.",
    ),
    Explanation(
        "AGENT_NO_CONFIG_SOURCE",
        "The agent has no configuration source",
        "A configuration can be loaded anew only from where it came; this one came from nowhere.",
        "Give a new configuration, or a source when the agent is made.",
    ),
    Explanation(
        "config_source_memory",
        "A configuration in memory cannot be loaded anew",
        "The configuration was handed over by a program, which alone knows a newer one.",
        "Give the new configuration to reload().",
    ),
    Explanation(
        "config_invalid",
        "The new configuration is not valid",
        "Reloading keeps the old configuration when the new one has errors.",
        "Mend what the findings name, and reload again.",
    ),
)
