{# AppsFlyer's raw data of in-app events as Data Locker writes it: the columns of the Pull API in
   snake case, and the word `null` for a missing value. #}
{% macro preset_appsflyer_data_locker() -%}
    {%- set preset = fromyaml(preset_appsflyer_pull_api()) -%}
    {%- for mapping in preset.values() -%}
        {%- do mapping.update({
            'known_by': ['appsflyer_id', 'event_name', 'event_time'], 'null_words': ['null']
        }) -%}
    {%- endfor -%}
    {{ tojson(preset) }}
{%- endmacro %}
