"""The addresses of extensions and code systems that Questionnaires use, and what each is to us."""

HL7 = "http://hl7.org/fhir/StructureDefinition/"
SDC = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-"
UCUM = "http://unitsofmeasure.org"
CONTROLS = "http://hl7.org/fhir/questionnaire-item-control"

TRANSLATION = f"{HL7}translation"
HIDDEN = f"{HL7}questionnaire-hidden"
ITEM_CONTROL = f"{HL7}questionnaire-itemControl"
UNIT = f"{HL7}questionnaire-unit"
UNIT_OPTION = f"{HL7}questionnaire-unitOption"
MIN_VALUE = f"{HL7}minValue"
MAX_VALUE = f"{HL7}maxValue"
DECIMALS = f"{HL7}maxDecimalPlaces"
SLIDER_STEP = f"{HL7}questionnaire-sliderStepValue"
SHORT_TEXT = f"{SDC}shortText"
MIN_OCCURS = f"{HL7}questionnaire-minOccurs"
MAX_OCCURS = f"{HL7}questionnaire-maxOccurs"
EXCLUSIVE = f"{HL7}questionnaire-optionExclusive"
ORDINAL = f"{HL7}ordinalValue"
RICH_TEXT = (f"{HL7}rendering-xhtml", f"{HL7}rendering-markdown")
# Where the number of an option stands, the usual place first.
ORDINALS = (
    ORDINAL,
    f"{HL7}itemWeight",
    f"{HL7}questionnaire-ordinalValue",
    "http://fhir.org/guides/argonaut-questionnaire/StructureDefinition/extension-score",
)

# Ours, for what FHIR has no place for: a JSON text of the fields of our own model, and the codes of
# our options. No host is ours wherever this runs, so these are names and not addresses (RFC 9562);
# they stand in files out there, and so they never change.
OURS = "urn:uuid:6f0f2f0a-8a0c-4c57-9b62-2d5a3f6c1e01"
OUR_VALUES = "urn:uuid:6f0f2f0a-8a0c-4c57-9b62-2d5a3f6c1e02"

_FOR_LOOKS = (
    *("rendering-style", "rendering-styleSensitive", "questionnaire-choiceOrientation"),
    *("questionnaire-displayCategory", "questionnaire-columnCount", "themeExtension"),
    *("questionnaire-optionPrefix", "entryFormat", "questionnaire-supportLink", "designNote"),
    *("progressIndicatorExtension", "questionnaire-itemControl", "questionnaire-instruction"),
)
_FOR_SYSTEMS = (
    *("variable", "cqf-library", "artifact-versionAlgorithm", "structuredefinition-wg"),
    *("preferredTerminologyServer", "terminology-server", "replaces", "cqf-publicationDate"),
    *("questionnaire-definitionBased", "questionnaire-versionAlgorithm", "questionnaire-baseType"),
    "data-absent-reason",
)
_FOR_SDC = (
    *("observationExtract", "observation-extract-category", "definitionExtract"),
    *("definitionExtractValue", "templateExtract", "templateExtractBundle", "entryMode"),
    *("itemExtractionContext", "extractAllocateId", "targetStructureMap", "choiceColumn"),
    *("preferredTerminologyServer", "width", "variable", "performerType", "assemble-expectation"),
    "shortText",
)
# They say nothing about what is asked or what an answer means, so they are kept as they came.
KEPT = frozenset(
    [HL7 + name for name in (*_FOR_LOOKS, *_FOR_SYSTEMS)]
    + [SDC + name for name in _FOR_SDC]
    + [
        "http://hl7.org/fhir/uv/cpg/StructureDefinition/cpg-knowledgeCapability",
        "http://hl7.org/fhir/uv/cpg/StructureDefinition/cpg-knowledgeRepresentationLevel",
        "http://hl7.org/fhir/uv/cpg/StructureDefinition/cpg-answerValueSetSource",
        "http://hl7.org/fhir/5.0/StructureDefinition/extension-Questionnaire.versionAlgorithm[x]",
        "http://fhir.org/guides/argonaut/questionnaire/StructureDefinition/extension-itemOrder",
        "http://fhir.org/guides/argonaut/questionnaire/StructureDefinition/extension-timeLimit",
        "http://lhcforms.nlm.nih.gov/fhirExt/dataControl",
    ]
)

_BOUND = "bounds what may be written; here it would not be looked at"
# They fill answers in from a record. Nobody but the person gives an answer here, so they are kept
# as they came, and whoever imports is told.
PREFILLING = frozenset(
    SDC + name
    for name in (
        *("initialExpression", "candidateExpression", "contextExpression", "launchContext"),
        *("itemPopulationContext", "sourceQueries", "observationLinkPeriod", "isSubject"),
        *("prepopulate-subject", "sourceStructureMap"),
    )
) | {f"{HL7}questionnaire-launchContext"}

# Not done here. Whoever imports may say that it is kept as it came, and not acted upon.
NOT_DONE = {
    f"{SDC}calculatedExpression": "computes its answer from others; here scores do that",
    f"{HL7}questionnaire-constraint": _BOUND,
    f"{HL7}targetConstraint": _BOUND,
    f"{HL7}regex": _BOUND,
    f"{HL7}minLength": _BOUND,
    f"{HL7}validation": _BOUND,
    **dict.fromkeys(RICH_TEXT, "shows other words, or more, than the plain text"),
}

# What changes which questions are asked, or what can be answered: no wish can keep it.
NEVER = {
    f"{SDC}enableWhenExpression": (
        "asks by an expression, which is not evaluated here",
        "say the same with enableWhen",
    ),
    f"{SDC}answerExpression": (
        "finds its options by an expression",
        "list the options under answerOption",
    ),
    f"{SDC}answerOptionsToggleExpression": (
        "shows options by an expression",
        "make an item for each set of options, with enableWhen",
    ),
    f"{HL7}cqf-expression": (
        "is computed by an expression",
        "write the words out",
    ),
    f"{HL7}cqf-calculatedValue": ("is computed by an expression", "write the value out"),
    f"{SDC}assembledFrom": (
        "was put together from others that may change",
        "import the assembled form without this mark",
    ),
    f"{SDC}subQuestionnaire": (
        "takes its questions from another form",
        "assemble the Questionnaire first",
    ),
    f"{SDC}questionnaireAdaptive": (
        "is adaptive: a server chooses the next question",
        "only fixed questionnaires are asked here",
    ),
    f"{SDC}openLabel": ("allows an answer beside its options", "ask for it in a text item"),
    f"{SDC}unitOpen": ("allows any unit", "name the units with questionnaire-unitOption"),
    f"{HL7}questionnaire-signatureRequired": (
        "wants a signature",
        "have it signed elsewhere, and leave the extension out",
    ),
    f"{HL7}questionnaire-answerRepeats": ("asks several times", "ask once"),
}
