{# How a message of AppsFlyer's Push API becomes a row of `purchases_raw`: the `mapping`; the
   `fields` of the message that it reads; and `mapped`, as `mapped_columns` has it for them.

   It is the preset of Data Locker, whose column names are those of the messages. If var `inputs`
   has a mapping of AppsFlyer's files, its `columns` apply to messages, too, because the keys of
   `event_value` are the app's. Messages have milliseconds and the files have seconds, so the time
   is cut to the second: an event has the same time in both. #}
{% macro message_mapping() -%}
    {%- set mapping = fromyaml(preset_appsflyer_data_locker()).purchases_raw -%}
    {%- set columns = dict(mapping.columns, refund_percentage=[]) -%}
    {%- set given = (var('inputs') or {}).get('purchases_raw') or [] -%}
    {%- for own in ([given] if given is mapping else given)
        if own.get('preset') in ['appsflyer_pull_api', 'appsflyer_data_locker'] -%}
        {%- do columns.update(own.get('columns') or {}) -%}
    {%- endfor -%}
    {%- do columns.update({
        'event_time_utc': {'sql': "regexp_replace({Event Time}, '[.][0-9]+', '')"},
    }) -%}
    {%- set fields = [] -%}
    {%- for spec in columns.values() -%}
        {%- for name in mapped_value(spec, []).names -%}
            {%- set field = name | lower | replace(' ', '_') -%}
            {%- if field not in fields and modules.re.fullmatch('[a-z0-9_]+', field) -%}
                {%- do fields.append(field) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- set values = {} -%}
    {%- for column, spec in columns.items() -%}
        {%- do values.update({column: mapped_value(spec, fields).sql}) -%}
    {%- endfor -%}
    {%- set places = range(1, fields | length + 1) | list -%}
    {{ return({
        'mapping': mapping, 'fields': fields, 'mapped': {'values': values, 'places': places},
    }) }}
{%- endmacro %}
